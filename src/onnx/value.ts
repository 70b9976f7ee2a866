/** Values of an ONNX graph, and the order in which their axes lie there. */
import { isOpen, type Dimension, type OpenType } from "./dimensions.js";

/**
 * A value of the graph. `shape` is its shape as it was recorded; in the graph axis i is the recorded axis `order[i]`. Images
 * are recorded as [N, H, W, C] and lie as [N, C, H, W], as convolutions of ONNX take them.
 */
export interface Value extends OpenType {
  readonly name: string;
  readonly order: readonly number[];
  /** Whether it is a number of the file: how it lies decides nothing about what is computed from it. */
  readonly fixed: boolean;
}

export function asRecorded(rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => axis);
}

/** [N, …, C] as [N, C, …]. */
export function channelsFirst(rank: number): number[] {
  return rank < 3 ? asRecorded(rank) : [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 1)];
}

export function sameOrder(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((axis, i) => axis === b[i]);
}

export function isRecorded({ order }: Pick<Value, "order">): boolean {
  return order.every((axis, i) => axis === i);
}

/** The shape in the graph. */
export function lyingShape({ shape, order }: Pick<Value, "shape" | "order">): Dimension[] {
  return order.map((axis) => shape[axis]);
}

/** How many numbers an example has; an open axis counts as one. */
export function weightOf(shape: readonly Dimension[]): number {
  return shape.reduce<number>((product, one) => product * (isOpen(one) ? one.batches : one), 1);
}
