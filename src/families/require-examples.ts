/** Refuses training data that is no finite numbers in their range, before a step is spent on it. */
import { described } from "../base/check.js";
import { counted } from "../base/words.js";
import { warn } from "../runtime/warning.js";

/**
 * @param values examples of `size` numbers each, flat
 * @throws TypeError for what is no Float32Array, RangeError naming the first example with a value that is not finite
 */
export function requireExamples(what: string, values: Float32Array, size: number): void {
  requireFloats(what, values);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new RangeError(`example ${Math.floor(bad / size)} of the ${what} holds ${values[bad]}: remove it`);
}

/** @throws TypeError for what is no Float32Array, saying how it becomes one */
export function requireFloats(what: string, values: unknown): asserts values is Float32Array {
  if (values instanceof Float32Array) return;
  const bytes = values instanceof Uint8Array || values instanceof Uint8ClampedArray;
  const remedy = bytes
    ? "new Normaliser().encode(bytes) brings bytes to −1 … 1"
    : Array.isArray(values)
      ? "Float32Array.from(numbers)"
      : "the numbers of all examples, one after another";
  throw new TypeError(`${what} must be a Float32Array, got ${described(values)}: ${remedy}`);
}

/** @throws RangeError if there are fewer examples than a batch takes: some would stand in it twice at every step */
export function requireBatchOf(count: number, batchSize: number): void {
  if (count >= batchSize) return;
  throw new RangeError(
    `the data holds ${counted(count, "example")}, fewer than a batch of ${batchSize}: give a smaller batchSize, or more data`,
  );
}

/** Images lie in −1 … 1; a network learns next to nothing of numbers a hundred times as large. */
const LARGEST = 8;

/** Warns once for each task of images that lie far outside −1 … 1, such as those of 0 … 255. */
export function warnOfRange(what: string, values: Float32Array, shape: readonly number[]): void {
  if (shape.length !== 3) return;
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest <= LARGEST) return;
  warn(
    `the ${what} reach ${largest}, but images are trained in −1 … 1: new Normaliser().encode(bytes) brings 0 … 255 there, ` +
      "and data of another spread is divided by its deviation",
    "DATA_RANGE",
  );
}
