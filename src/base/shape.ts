/** Shapes of tensors. */

/** The number of values in a shape: the product of its dimensions, 1 for a scalar's. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}
