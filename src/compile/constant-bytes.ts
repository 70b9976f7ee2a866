/** The bytes of constants, as TensorFlow lays them out. */
import { DataType } from "./data-type.js";
import type { BindingValues } from "./native-backend.js";

/** A copy of JavaScript values as TensorFlow lays them out. */
export function bytesOf(dtype: number, values: BindingValues): Buffer {
  if (ArrayBuffer.isView(values)) return Buffer.from(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  const numbers = Array.from(values as readonly (number | boolean)[], Number);
  if (dtype === DataType.float32) return Buffer.from(Float32Array.from(numbers).buffer);
  return Buffer.from((dtype === DataType.bool ? Uint8Array.from(numbers) : Int32Array.from(numbers)).buffer);
}

/** Whether all 32-bit words are the same. */
export function isUniform(bytes: Buffer): boolean {
  for (let i = 4; i < bytes.length; i++) if (bytes[i] !== bytes[i - 4]) return false;
  return true;
}
