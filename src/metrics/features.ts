/** Vectors to compare samples by. */
import { requireNumbers } from "../base/values.js";
import { described } from "../base/check.js";
import { sizeOf } from "../base/shape.js";
import { requireTensor } from "../runtime/tensor.js";
import type * as tf from "../runtime/tf.js";

/**
 * N vectors of one length, row by row: points in the plane, activations of a network, class probabilities.
 */
export interface FeatureSet {
  /** N·dimension numbers. */
  readonly values: Float32Array | Float64Array;
  readonly dimension: number;
  /** N. */
  readonly count: number;
}

/**
 * A {@link FeatureSet} of checked numbers; the array is kept, not copied.
 *
 * @param values N·dimension numbers, row by row
 * @param dimension default 2: points in the plane
 * @throws RangeError when the dimension is no whole number ≥ 1, does not divide the length, or a value is
 *   not finite
 */
export function featureSet(values: Float32Array | Float64Array, dimension = 2): FeatureSet {
  if (!Number.isSafeInteger(dimension) || dimension < 1) {
    throw new RangeError(`the dimension of features must be a whole number of at least 1, got ${dimension}`);
  }
  if (!(values instanceof Float32Array || values instanceof Float64Array)) {
    throw new TypeError(`features are numbers in a Float32Array or Float64Array, got ${described(values)}`);
  }
  if (values.length % dimension !== 0) {
    throw new RangeError(`${values.length} numbers are no whole vectors of length ${dimension}`);
  }
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new RangeError(
        `feature ${i % dimension} of example ${Math.floor(i / dimension)} is ${values[i]}: ` +
          "no distance is defined; look for where the model or the sampler diverged",
      );
    }
  }
  return { values, dimension, count: values.length / dimension };
}

/**
 * The rows of a tensor [N, …], each flattened, as a {@link FeatureSet}. The tensor stays the caller's.
 *
 * @throws RangeError when the tensor has fewer than 2 dimensions or holds a value that is not finite
 */
export function featuresOf(tensor: tf.Tensor): FeatureSet {
  requireTensor("features", tensor);
  if (tensor.rank < 2) throw new RangeError(`features need a tensor [N, …] of rank 2 or more, got rank ${tensor.rank}`);
  const dimension = sizeOf(tensor.shape.slice(1));
  return featureSet(Float32Array.from(tensor.dataSync()), dimension);
}

/** The vectors at `rows`, copied. @throws RangeError if there is no such row */
export function selectFeatures(features: FeatureSet, rows: ArrayLike<number>): FeatureSet {
  requireFeatures(features);
  requireNumbers("rows", rows);
  const { values, dimension } = features;
  const selected = new Float64Array(rows.length * dimension);
  for (let i = 0; i < rows.length; i++) {
    if (!Number.isSafeInteger(rows[i]) || rows[i] < 0 || rows[i] >= features.count) {
      throw new RangeError(`row ${rows[i]} is none of the features' 0 … ${features.count - 1}`);
    }
    selected.set(values.subarray(rows[i] * dimension, (rows[i] + 1) * dimension), i * dimension);
  }
  return { values: selected, dimension, count: rows.length };
}

/** @throws TypeError for what is no set of features */
export function requireFeatures(value: unknown): asserts value is FeatureSet {
  const { values, dimension, count } = (value ?? {}) as Partial<FeatureSet>;
  if (ArrayBuffer.isView(values) && typeof dimension === "number" && typeof count === "number") return;
  throw new TypeError(
    `features are needed, as featureSet(values) and featuresOf(tensor) make them, got ${described(value)}`,
  );
}

/** @throws RangeError unless both sets lie in the same space and hold `least` examples or more */
export function requireComparable(a: FeatureSet, b: FeatureSet, least: number): void {
  for (const set of [a, b]) requireFeatures(set);
  if (a.dimension !== b.dimension) {
    throw new RangeError(`features of dimension ${a.dimension} and ${b.dimension} cannot be compared`);
  }
  for (const { count } of [a, b]) {
    if (count < least) throw new RangeError(`at least ${least} examples are needed on each side, got ${count}`);
  }
}
