/** The number types that tensors have in files of others, as float32: floats rounded, whole numbers exact or refused. */
import { decodeHalf, type FloatFormat } from "./float-formats.js";

/** The types of the safetensors format that are read. */
export type TensorType =
  FloatFormat | "F64" | "I64" | "I32" | "I16" | "I8" | "U64" | "U32" | "U16" | "U8" | "BOOL" | UnreadType;

/** Types that a file may hold beside what is read of it: eight bits of a float, in two forms. */
export type UnreadType = "F8_E4M3" | "F8_E5M2";

/** Bytes of one number. */
export const bytesOf: Readonly<Record<TensorType, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
};

export function isTensorType(name: unknown): name is TensorType {
  return typeof name === "string" && Object.hasOwn(bytesOf, name);
}

/**
 * The numbers of a tensor as float32.
 *
 * @param bytes little-endian, a whole count of numbers
 * @throws RangeError for a whole number that float32 does not hold (some above 2^24), a truth value that is neither 0 nor
 *   1, and types that are not read
 */
export function decodeNumbers(bytes: Uint8Array, type: TensorType): Float32Array {
  // A copy of its own lies at the start of a buffer, as typed arrays of more than a byte need it.
  const buffer = new Uint8Array(bytes).buffer;
  switch (type) {
    case "F32":
      return new Float32Array(buffer);
    case "F16":
    case "BF16":
      return decodeHalf(new Uint16Array(buffer), type);
    case "F64":
      return Float32Array.from(new Float64Array(buffer));
    case "I64":
      return exactly(new BigInt64Array(buffer));
    case "U64":
      return exactly(new BigUint64Array(buffer));
    case "I32":
      return exactly(new Int32Array(buffer));
    case "U32":
      return exactly(new Uint32Array(buffer));
    case "I16":
      return exactly(new Int16Array(buffer));
    case "U16":
      return exactly(new Uint16Array(buffer));
    case "I8":
      return exactly(new Int8Array(buffer));
    case "U8":
      return exactly(new Uint8Array(buffer));
    case "BOOL":
      return truths(new Uint8Array(buffer));
    case "F8_E4M3":
    case "F8_E5M2":
      throw new RangeError(`is of type ${type}, which is not read: save it as F32, F16 or BF16`);
    default:
      return type satisfies never;
  }
}

function exactly(numbers: ArrayLike<number | bigint>): Float32Array {
  const values = new Float32Array(numbers.length);
  for (let i = 0; i < values.length; i++) {
    const given = numbers[i];
    values[i] = Number(given);
    const kept = typeof given === "bigint" ? BigInt(values[i]) === given : values[i] === given;
    if (!kept) throw new RangeError(`holds ${given}, which float32 cannot hold exactly`);
  }
  return values;
}

function truths(bytes: Uint8Array): Float32Array {
  const other = bytes.find((byte) => byte > 1);
  if (other !== undefined) throw new RangeError(`is of truth values, but holds ${other}: the file is corrupt`);
  return Float32Array.from(bytes);
}
