/** Numbers of any shape, brought to one form to be compared and read. */
import { sizeOf } from "../base/shape.js";
import { say } from "./messages.js";
import { isTensor, tensorValues, type TensorLike } from "../plot/numbers.js";

/** Rows of rows … of numbers. */
export type Nested = readonly number[] | readonly Nested[];

/** Numbers of any shape: one, nested arrays, a typed array, a tensor. */
export type Numeric = number | Nested | Float32Array | Float64Array | Int32Array | Uint8Array | TensorLike;

/** Numbers in row-major order with their shape; a single number has shape []. */
export interface Block {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** Numbers with their shape, or undefined for anything else, ragged arrays included. */
export function blockOf(value: unknown): Block | undefined {
  if (typeof value === "number") return { shape: [], values: [value] };
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const values = value as unknown as ArrayLike<number>;
    return { shape: [values.length], values };
  }
  if (isTensor(value)) {
    if (value.dtype === "string" || value.dtype.startsWith("complex")) return undefined;
    return { shape: value.shape, values: tensorValues(value) };
  }
  return Array.isArray(value) ? blockOfRows(value) : undefined;
}

function blockOfRows(rows: readonly unknown[]): Block | undefined {
  if (rows.length === 0) return { shape: [0], values: [] };
  const blocks = rows.map(blockOf);
  const first = blocks[0];
  if (!first || blocks.some((block) => !block || String(block.shape) !== String(first.shape))) return undefined;
  return {
    shape: [rows.length, ...first.shape],
    values: blocks.flatMap((block) => Array.from(block!.values)),
  };
}

/** The nested arrays of a block. */
export function nestedOf({ shape, values }: Block): number | Nested {
  if (shape.length === 0) return values[0];
  const [length, ...inner] = shape;
  const size = sizeOf(inner);
  const part = (k: number) => Array.prototype.slice.call(values, k * size, (k + 1) * size) as number[];
  return Array.from({ length }, (_, k) => nestedOf({ shape: inner, values: part(k) })) as Nested;
}

/** The largest |a − b| and where it is; NaN matches NaN only, an infinity only itself. */
export function largestDeviation(a: ArrayLike<number>, b: ArrayLike<number>): { deviation: number; at: number } {
  let [deviation, at] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const apart = Object.is(a[i], b[i]) || a[i] === b[i] ? 0 : Math.abs(a[i] - b[i]);
    if (Number.isNaN(apart)) return { deviation: Infinity, at: i };
    if (apart > deviation) [deviation, at] = [apart, i];
  }
  return { deviation, at };
}

/** `[2, 3]`, `one number`. */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? say("oneNumber") : say("shape", { shape: shape.join(", ") });
}

/** A number for reading: whole ones in full, others in six significant digits, or in four with an exponent. */
export function readable(value: number, digits?: number): string {
  if (digits === undefined && Number.isSafeInteger(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7) && Number.isFinite(value))
    return value.toExponential((digits ?? 4) - 1).replace(/\.?0+e/, "e");
  return String(Number(value.toPrecision(digits ?? 6)));
}

/** The next power of ten, which is the same on machines that round differently: 0.00013 → `1e-3`. */
export function magnitude(value: number): string {
  return value === 0 || !Number.isFinite(value) ? String(value) : bound(10 ** Math.ceil(Math.log10(value)));
}

/** An upper bound with one significant digit: 0.00013 → `2e-4`. */
export function bound(value: number): string {
  if (value === 0) return "0";
  if (!Number.isFinite(value)) return String(value);
  let power = Math.floor(Math.log10(value));
  let digit = Math.ceil(Number((value / 10 ** power).toPrecision(12)));
  if (digit === 10) [digit, power] = [1, power + 1];
  return power >= -3 && power <= 3 ? String(Number((digit * 10 ** power).toPrecision(1))) : `${digit}e${power}`;
}
