/** How far each sample is from the nearest of a set. */
import { type FeatureSet, requireComparable, requireFeatures } from "./features.js";

/** @throws RangeError unless a k-th neighbour exists among `count` others */
function requireNeighbours(k: number, count: number): void {
  if (!Number.isSafeInteger(k) || k < 1 || k > count) {
    throw new RangeError(
      `neighbours must be a whole number from 1 to ${count}, the examples there are to choose from, got ${k}`,
    );
  }
}

function squaredDistance(a: FeatureSet, i: number, b: FeatureSet, j: number): number {
  const d = a.dimension;
  let sum = 0;
  for (let p = i * d, q = j * d, end = p + d; p < end; p++, q++) {
    const difference = a.values[p] - b.values[q];
    sum += difference * difference;
  }
  return sum;
}

/** Puts a value among the k smallest, which are in rising order. */
function keepSmallest(smallest: Float64Array, value: number): void {
  let at = smallest.length - 1;
  if (!(value < smallest[at])) return;
  while (at > 0 && smallest[at - 1] > value) {
    smallest[at] = smallest[at - 1];
    at--;
  }
  smallest[at] = value;
}

/**
 * The distance from each of `samples` to its nearest neighbour in `among`. The time grows with both counts.
 *
 * @throws RangeError when the dimensions differ or a side is empty
 */
export function nearestDistances(samples: FeatureSet, among: FeatureSet): Float64Array {
  requireComparable(samples, among, 1);
  return Float64Array.from({ length: samples.count }, (_, i) => {
    let least = Infinity;
    for (let j = 0; j < among.count; j++) least = Math.min(least, squaredDistance(samples, i, among, j));
    return Math.sqrt(least);
  });
}

/**
 * The distance from each vector of a set to its k-th nearest other one.
 *
 * @throws RangeError unless 1 ≤ k < the number of vectors
 */
export function neighbourRadii(features: FeatureSet, k: number): Float64Array {
  requireFeatures(features);
  requireNeighbours(k, features.count - 1);
  return Float64Array.from({ length: features.count }, (_, i) => {
    const smallest = new Float64Array(k).fill(Infinity);
    for (let j = 0; j < features.count; j++)
      if (j !== i) keepSmallest(smallest, squaredDistance(features, i, features, j));
    return Math.sqrt(smallest[k - 1]);
  });
}
