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

function squaredDistance(a: FeatureSet, i: number, b: FeatureSet, j: number): number {
  const d = a.dimension;
  let sum = 0;
  for (let k = 0; k < d; k++) {
    const difference = a.values[i * d + k] - b.values[j * d + k];
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
  const points: [FeatureSet, number][] = [];
  for (const set of [a, b]) for (let i = 0; i < Math.min(set.count, MEDIAN_ROWS); i++) points.push([set, i]);
  const distances = new Float64Array((points.length * (points.length - 1)) / 2);
  let at = 0;
  for (let i = 0; i < points.length; i++) {
    for (let j = 0; j < i; j++) distances[at++] = squaredDistance(...points[i], ...points[j]);
  }
  distances.sort();
  const middle = (distances.length - 1) / 2;
  const median = Math.sqrt((distances[Math.floor(middle)] + distances[Math.ceil(middle)]) / 2);
  if (median === 0) {
    throw new RangeError("most points coincide, so their median distance is 0: give a bandwidth");
  }
  return median;
}

/** The sum of k over all pairs of a and b; over i ≠ j where they are the same set. */
function kernelSum(a: FeatureSet, b: FeatureSet, scales: readonly number[]): number {
  const same = a === b;
  let total = 0;
  for (let i = 0; i < a.count; i++) {
    let row = 0;
    for (let j = 0; j < (same ? i : b.count); j++) {
      const squared = squaredDistance(a, i, b, j);
      for (const scale of scales) row += Math.exp(scale * squared);
    }
    total += row;
  }
  return ((same ? 2 : 1) * total) / scales.length;
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
  requireComparable(a, b, 2);
  const { bandwidth = medianDistance(a, b) } = options;
  const bandwidths = typeof bandwidth === "number" ? [bandwidth] : bandwidth;
  if (bandwidths.length === 0 || !bandwidths.every((length) => length > 0 && Number.isFinite(length))) {
    throw new RangeError(`a kernel's bandwidth must be a finite number > 0, got [${bandwidths.join(", ")}]`);
  }
  const scales = bandwidths.map((length) => -1 / (2 * length * length));
  // The same object twice is still two sets: the cross term then holds its diagonal.
  const other: FeatureSet = a === b ? { ...b } : b;
  return (
    kernelSum(a, a, scales) / (a.count * (a.count - 1)) +
    kernelSum(b, b, scales) / (b.count * (b.count - 1)) -
    (2 * kernelSum(a, other, scales)) / (a.count * b.count)
  );
}
