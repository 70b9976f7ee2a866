/** The Fréchet distance of two Gaussians fitted to features. */
import { described } from "../base/check.js";
import { type FeatureSet, requireComparable, requireFeatures } from "./features.js";
import { positiveRoots, requireSymmetric, symmetricEigen, symmetricSqrt } from "../numeric/symmetric.js";

/** Mean and covariance of features. */
export interface FittedGaussian {
  readonly mean: Float64Array;
  /** d×d, row by row. */
  readonly covariance: Float64Array;
}

/**
 * The Gaussian fitted to features: mean and unbiased covariance (divided by N − 1), summed in float64.
 *
 * @throws RangeError when there are fewer than 2 examples
 */
export function fitGaussian(features: FeatureSet): FittedGaussian {
  requireFeatures(features);
  const { values, dimension: d, count } = features;
  if (count < 2) throw new RangeError(`a covariance needs at least 2 examples, got ${count}`);
  const mean = new Float64Array(d);
  for (let i = 0; i < values.length; i++) mean[i % d] += values[i] / count;
  const covariance = new Float64Array(d * d);
  const centred = new Float64Array(d);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < d; i++) centred[i] = values[row * d + i] - mean[i];
    for (let i = 0; i < d; i++) {
      for (let j = 0; j <= i; j++) covariance[i * d + j] += centred[i] * centred[j];
    }
  }
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      covariance[i * d + j] /= count - 1;
      covariance[j * d + i] = covariance[i * d + j];
    }
  }
  return { mean, covariance };
}

function product(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const c = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k];
      for (let j = 0; j < n; j++) c[i * n + j] += factor * b[k * n + j];
    }
  }
  return c;
}

function trace(a: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += a[i * n + i];
  return sum;
}

/** (A + Aᵀ)/2: takes rounding out of a product that is symmetric in exact arithmetic. */
function symmetrised(a: Float64Array, n: number): Float64Array {
  return a.map((_, at) => (a[at] + a[(at % n) * n + Math.floor(at / n)]) / 2);
}

/**
 * The squared Fréchet (2-Wasserstein) distance between two Gaussians, the figure that FID reports:
 *
 *   d² = |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2·(√Σ₁ Σ₂ √Σ₁)^½)
 *
 * in float64, by symmetric eigen-decompositions, so that singular covariances do no harm.
 *
 * @throws RangeError when the dimensions differ or a covariance is not symmetric or not positive
 *   semi-definite
 * @see Dowson and Landau, "The Fréchet distance between multivariate normal distributions", 1982, equation 4;
 *   Heusel et al., "GANs trained by a two time-scale update rule", 2017, equation 6
 */
export function frechetDistance(a: FittedGaussian, b: FittedGaussian): number {
  for (const one of [a, b] as readonly (Partial<FittedGaussian> | null | undefined)[]) {
    if (ArrayBuffer.isView(one?.mean) && ArrayBuffer.isView(one.covariance)) continue;
    throw new TypeError(`a fitted Gaussian is needed, such as fitGaussian(features) gives, got ${described(one)}`);
  }
  const n = a.mean.length;
  if (b.mean.length !== n) {
    throw new RangeError(`Gaussians of dimension ${n} and ${b.mean.length} cannot be compared`);
  }
  requireSymmetric(b.covariance, n);
  let between = 0;
  for (let i = 0; i < n; i++) between += (a.mean[i] - b.mean[i]) ** 2;
  const traces = trace(a.covariance, n) + trace(b.covariance, n);
  const root = symmetricSqrt(a.covariance, n);
  const inner = symmetrised(product(product(root, b.covariance, n), root, n), n);
  const roots = positiveRoots(symmetricEigen(inner, n).values, trace(a.covariance, n) * trace(b.covariance, n));
  const cross = roots.reduce((sum, value) => sum + value, 0);
  return Math.max(0, between + traces - 2 * cross);
}

/**
 * {@link frechetDistance} between the Gaussians fitted to two sets of features.
 *
 * The figure is biased upwards at small N and depends on the features: state both, and the same figure for
 * real against real beside it ({@link realVersusReal}). N should exceed the dimension by far.
 *
 * @throws RangeError when the dimensions differ or a side has fewer than 2 examples
 */
export function frechetFeatureDistance(a: FeatureSet, b: FeatureSet): number {
  requireComparable(a, b, 2);
  return frechetDistance(fitGaussian(a), fitGaussian(b));
}
