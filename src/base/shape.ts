/** Shapes of tensors. */
import { described } from "./check.js";

/** The number of values in a shape: the product of its dimensions, 1 for a scalar's. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** @throws RangeError unless the shape of one example is a list of whole numbers ≥ 1 */
export function requireShape(shape: unknown): asserts shape is readonly number[] {
  if (Array.isArray(shape) && shape.length > 0 && shape.every((size) => Number.isInteger(size) && size >= 1)) return;
  const given = Array.isArray(shape) ? `[${shape.join(", ")}]` : described(shape);
  throw new RangeError(`shape must list the size of one example, such as [28, 28, 1], got ${given}`);
}
