/** An ONNX file read by its field numbers alone, without the code that writes it. Source: onnx.proto of ONNX 1.13. */

/** Fields of one message: numbers as bigint, anything with a length as bytes. */
type Message = Map<number, (bigint | Uint8Array)[]>;

function parse(bytes: Uint8Array): Message {
  const fields: Message = new Map();
  let at = 0;
  const varint = (): bigint => {
    let [value, shift] = [0n, 0n];
    for (;;) {
      if (at >= bytes.length) throw new Error("the message ends within a number");
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
      shift += 7n;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const kind = tag & 7;
    let value: bigint | Uint8Array;
    if (kind === 0) value = BigInt.asIntN(64, varint());
    else {
      const length = kind === 2 ? Number(varint()) : kind === 5 ? 4 : NaN;
      if (!(at + length <= bytes.length)) throw new Error("the message ends within a field");
      value = bytes.subarray(at, at + length);
      at += length;
    }
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value]);
  }
  return fields;
}

const messages = (fields: Message, field: number): Message[] =>
  (fields.get(field) ?? []).map((bytes) => parse(bytes as Uint8Array));
const text = (fields: Message, field: number): string => texts(fields, field)[0] ?? "";
const texts = (fields: Message, field: number): string[] =>
  (fields.get(field) ?? []).map((bytes) => Buffer.from(bytes as Uint8Array).toString("utf8"));
const numbers = (fields: Message, field: number): number[] => (fields.get(field) ?? []).map(Number);

export interface ReadPort {
  readonly name: string;
  /** TensorProto.DataType: 1 float, 6 int32, 7 int64. */
  readonly type: number;
  readonly shape: readonly (number | string)[];
}

export interface ReadTensor {
  readonly name: string;
  readonly type: number;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array | undefined;
  readonly external: Readonly<Record<string, string>>;
}

export interface ReadModel {
  readonly irVersion: number;
  readonly producer: string;
  readonly opsets: readonly number[];
  readonly nodes: readonly { readonly operator: string; readonly inputs: string[]; readonly outputs: string[] }[];
  readonly inputs: readonly ReadPort[];
  readonly outputs: readonly ReadPort[];
  readonly initializers: readonly ReadTensor[];
}

function port(fields: Message): ReadPort {
  const [tensor] = messages(messages(fields, 2)[0], 1);
  const dimensions = messages(messages(tensor, 2)[0], 1);
  const shape = dimensions.map((one) => (one.has(2) ? text(one, 2) : numbers(one, 1)[0]));
  return { name: text(fields, 1), type: numbers(tensor, 1)[0], shape };
}

function tensor(fields: Message): ReadTensor {
  const external = Object.fromEntries(messages(fields, 13).map((entry) => [text(entry, 1), text(entry, 2)]));
  const bytes = fields.get(9)?.[0] as Uint8Array | undefined;
  return { name: text(fields, 8), type: numbers(fields, 2)[0], shape: numbers(fields, 1), bytes, external };
}

export function readModel(file: Uint8Array): ReadModel {
  const model = parse(file);
  const [graph] = messages(model, 7);
  return {
    irVersion: numbers(model, 1)[0],
    producer: text(model, 2),
    opsets: messages(model, 8).map((one) => numbers(one, 2)[0]),
    nodes: messages(graph, 1).map((one) => ({ operator: text(one, 4), inputs: texts(one, 1), outputs: texts(one, 2) })),
    inputs: messages(graph, 11).map(port),
    outputs: messages(graph, 12).map(port),
    initializers: messages(graph, 5).map(tensor),
  };
}

export function floats(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}
