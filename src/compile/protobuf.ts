/**
 * The wire format of protocol buffers, as far as a TensorFlow graph needs it: varints, 32-bit floats, and
 * length-delimited bytes. A message is the concatenation of its fields.
 *
 * Source: protobuf.dev, "Encoding".
 */

/** A signed 64-bit integer in base 128, least significant group first; negatives are two's complement. */
export function varint(value: number): Buffer {
  if (!Number.isSafeInteger(value)) throw new RangeError(`a varint holds a whole number, got ${value}`);
  if (value >= 0 && value < 128) return Buffer.from([value]);
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const group = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? group | 128 : group);
  } while (rest > 0n);
  return Buffer.from(bytes);
}

export function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

export function integerField(field: number, value: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

export function floatField(field: number, value: number): Buffer {
  return Buffer.concat([varint((field << 3) | 5), float32(value)]);
}

/** A string, bytes, a packed list, or an embedded message. */
export function bytesField(field: number, content: string | Uint8Array): Buffer {
  const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
  return Buffer.concat([varint((field << 3) | 2), varint(bytes.length), bytes]);
}

export function message(...fields: readonly Uint8Array[]): Buffer {
  return Buffer.concat(fields);
}
