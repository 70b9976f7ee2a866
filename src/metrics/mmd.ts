/** The maximum mean discrepancy of two samples. */
import { requireKnownKeys } from "../base/check.js";
import { type FeatureSet, requireComparable } from "./features.js";

export interface MmdOptions {
  /**
   * The kernel's length ℓ, or several whose kernels are averaged; each > 0. Default: {@link medianDistance}
   * of both sets together. Give it when figures are to be compared with one another.
   */
  bandwidth?: number | readonly number[];
}

/** Enough pairs for a steady median: 2·500 points give half a million. */
const MEDIAN_ROWS = 500;

/** |x_i − y_j|² of rows of d numbers. */
function squaredDistance(x: Float64Array, i: number, y: Float64Array, j: number, d: number): number {
  let sum = 0;
  for (let k = 0, p = i * d, q = j * d; k < d; k++, p++, q++) {
    const difference = x[p] - y[q];
    sum += difference * difference;
  }
  return sum;
}

/**
 * The median distance between two different points of both sets together (of the first 500 of each): the
 * usual choice of a kernel's length.
 *
 * @throws RangeError when the dimensions differ, a side is empty, or most points coincide
 */
export function medianDistance(a: FeatureSet, b: FeatureSet): number {
  requireComparable(a, b, 1);
  const d = a.dimension;
  const points = Float64Array.from([a, b].flatMap(({ values }) => Array.from(values.subarray(0, MEDIAN_ROWS * d))));
  const n = points.length / d;
  const distances = new Float64Array((n * (n - 1)) / 2);
  let at = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) distances[at++] = squaredDistance(points, i, points, j, d);
  }
  distances.sort();
  const middle = (distances.length - 1) / 2;
  const median = Math.sqrt((distances[Math.floor(middle)] + distances[Math.ceil(middle)]) / 2);
  if (median === 0) {
    throw new RangeError("most points coincide, so their median distance is 0: give a bandwidth");
  }
  return median;
}

/** Σ k(x_i, y_j) over all pairs. */
function crossSum(x: Float64Array, y: Float64Array, d: number, scales: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < x.length / d; i++) {
    for (let j = 0; j < y.length / d; j++) {
      const squared = squaredDistance(x, i, y, j, d);
      for (const scale of scales) sum += Math.exp(scale * squared);
    }
  }
  return sum / scales.length;
}

/** Σ k(x_i, x_j) over i ≠ j. */
function innerSum(x: Float64Array, d: number, scales: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < x.length / d; i++) {
    for (let j = 0; j < i; j++) {
      const squared = squaredDistance(x, i, x, j, d);
      for (const scale of scales) sum += Math.exp(scale * squared);
    }
  }
  return (2 * sum) / scales.length;
}

/**
 * The unbiased estimate of the squared maximum mean discrepancy under the Gaussian (RBF) kernel:
 *
 *   MMD² = Σ_{i≠j} k(x_i, x_j)/(m(m−1)) + Σ_{i≠j} k(y_i, y_j)/(n(n−1)) − 2 Σ_{i,j} k(x_i, y_j)/(mn),
 *   k(x, y) = exp(−|x − y|²/(2ℓ²))
 *
 * Its expectation is 0 when both sets have one distribution, so it may be slightly negative. The time grows
 * with (m + n)²·d.
 *
 * @throws RangeError when the dimensions differ, a side has fewer than 2 examples, or a bandwidth is not > 0
 * @see Gretton et al., "A kernel two-sample test", JMLR 2012, equation 3
 */
export function maximumMeanDiscrepancy(a: FeatureSet, b: FeatureSet, options: MmdOptions = {}): number {
  requireKnownKeys("maximumMeanDiscrepancy", options, { bandwidth: "a number or a list" });
  requireComparable(a, b, 2);
  const { bandwidth = medianDistance(a, b) } = options;
  const bandwidths = typeof bandwidth === "number" ? [bandwidth] : bandwidth;
  if (bandwidths.length === 0 || !bandwidths.every((length) => length > 0 && Number.isFinite(length))) {
    throw new RangeError(`a kernel's bandwidth must be a finite number > 0, got [${bandwidths.join(", ")}]`);
  }
  const scales = bandwidths.map((length) => -1 / (2 * length * length));
  const d = a.dimension;
  const x = Float64Array.from(a.values);
  const y = Float64Array.from(b.values);
  return (
    innerSum(x, d, scales) / (a.count * (a.count - 1)) +
    innerSum(y, d, scales) / (b.count * (b.count - 1)) -
    (2 * crossSum(x, y, d, scales)) / (a.count * b.count)
  );
}
