/** Denoisers of Gaussian data and mixtures in closed form: exact oracles for samplers and networks. */
import { requireKind } from "../base/kinds.js";
import { requireGaussianPath } from "./paths/path.js";
import { requireKnownKeys, described, requireKeys } from "../base/check.js";
import * as tf from "../runtime/tf.js";
import { requireNumber, requireNumbers } from "../base/values.js";
import type { Denoiser } from "./denoiser.js";
import { levelColumn, noisedPoints } from "./noised-points.js";
import type { GaussianPath } from "./paths/path.js";
import { symmetricEigen } from "../numeric/symmetric.js";

/** A covariance: one variance for all dimensions, one per dimension, or a full symmetric matrix. */
export type Covariance = number | readonly number[] | readonly (readonly number[])[];

/** A Gaussian mixture on d-dimensional points. */
export interface GaussianMixture {
  /** Positive; normalised to sum 1. Default: all equal. */
  readonly weights?: readonly number[];
  /** One mean per component, each of length d. */
  readonly means: readonly (readonly number[])[];
  /** One covariance per component, or a single one for all. */
  readonly covariances: readonly Covariance[];
}

/** The exact answer for known data: x̂_0 = E[x_0 | x_t], with the density that goes with it. */
export interface IdealDenoiser extends Denoiser {
  readonly predicts: "sample";
  /** ln q(x_t) of the noised data, [N, d] → [N]; t as in `predict`. */
  logDensity(xt: tf.Tensor, t: tf.Tensor1D): tf.Tensor1D;
}

/**
 * The ideal denoiser of N(mean, covariance): x̂_0 = μ + a·Σ·(a²Σ + b²I)^{−1}·(x_t − a·μ).
 * In one dimension with μ = 0: x_t·a·s²/(a²s² + b²).
 */
export function gaussianDenoiser(path: GaussianPath, mean: readonly number[], covariance: Covariance): IdealDenoiser {
  requireGaussianPath(path);
  requireNumbers("mean", mean);
  if (typeof covariance !== "number" && !Array.isArray(covariance)) {
    throw new TypeError(`covariance must be a number, or a list of numbers or of rows, got ${described(covariance)}`);
  }
  return mixtureDenoiser(path, { means: [mean], covariances: [covariance] });
}

/**
 * The ideal denoiser of a Gaussian mixture: the components' answers, weighted with the probability that x_t came from
 * each: x̂_0 = Σ_k p(k | x_t)·E_k[x_0 | x_t], p(k | x_t) ∝ w_k·N(x_t; a·μ_k, a²Σ_k + b²I).
 *
 * Points are [N, d] (other shapes are flattened to it). Differentiable in x_t.
 * @throws RangeError for a covariance that is not symmetric or has a negative eigenvalue, lengths that differ, numbers that
 *   are not finite, or (asked) other than one time per point
 */
export function mixtureDenoiser(path: GaussianPath, mixture: GaussianMixture): IdealDenoiser {
  requireGaussianPath(path);
  requireKnownKeys("mixtureDenoiser", mixture, { weights: "a list", means: "a list", covariances: "a list" });
  requireKeys("mixtureDenoiser", mixture, ["means", "covariances"]);
  const components = mixtureComponents(mixture);
  const answer = (xt: tf.Tensor, t: tf.Tensor1D): { logs: tf.Tensor2D; estimates: tf.Tensor[] } => {
    const { points, levels } = noisedPoints(path, xt, t, components[0].mean.length);
    const [signal, noise] = [levelColumn(levels, "signal"), levelColumn(levels, "noise")];
    const parts = components.map((component) => componentAnswer(component, points, signal, noise));
    return {
      logs: tf.stack(
        parts.map(({ log }) => log),
        1,
      ) as tf.Tensor2D,
      estimates: parts.map(({ x0 }) => x0),
    };
  };
  return {
    path,
    predicts: "sample",
    predict: (xt, t) =>
      tf.tidy(() => {
        const { logs, estimates } = answer(xt, t);
        // x̂_0 = Σ_k p(k | x_t)·E_k[x_0 | x_t]
        const shares = tf.softmax(logs);
        const terms = estimates.map((x0, k) => tf.mul(x0, tf.slice(shares, [0, k], [-1, 1])));
        return tf.reshape(
          terms.reduce((sum, term) => tf.add(sum, term)),
          xt.shape,
        );
      }),
    // ln q(x_t) = ln Σ_k w_k·N(x_t; a·μ_k, a²Σ_k + b²I)
    logDensity: (xt, t) => tf.tidy(() => tf.logSumExp(answer(xt, t).logs, 1) as tf.Tensor1D),
  };
}

interface Component {
  readonly logWeight: number;
  readonly mean: readonly number[];
  readonly values: Float64Array;
  /** The eigenvectors of the covariance, one a row. */
  readonly vectors: Float64Array;
}

function mixtureComponents({ weights, means, covariances }: GaussianMixture): Component[] {
  means.forEach((mean, k) => requireNumbers(`mean ${k}`, mean));
  covariances.forEach((one, k) => requireKind(`covariance ${k}`, one, "a number or a list"));
  if (means.length === 0) throw new RangeError("a mixture needs at least one component");
  if (covariances.length !== 1 && covariances.length !== means.length) {
    throw new RangeError(
      `got ${covariances.length} covariances for ${means.length} means: give one for all or one each`,
    );
  }
  const shares = weights ?? means.map(() => 1);
  if (shares.length !== means.length || shares.some((share) => !(share > 0 && share < Infinity))) {
    throw new RangeError(`weights must be ${means.length} finite numbers > 0, got [${shares}]`);
  }
  const total = shares.reduce((sum, share) => sum + share, 0);
  return means.map((mean, k) => {
    if (mean.length !== means[0].length)
      throw new RangeError(`mean ${k} has ${mean.length} entries, mean 0 has ${means[0].length}`);
    mean.forEach((value) => requireNumber(`every entry of mean ${k}`, value));
    const covariance = covarianceMatrix(covariances[covariances.length === 1 ? 0 : k], mean.length);
    covariance.flat().forEach((value) => requireNumber(`every entry of covariance ${k}`, value));
    const { values, vectors } = symmetricEigen(Float64Array.from(covariance.flat()), mean.length);
    // A covariance of lower rank has eigenvalues of 0 up to rounding.
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (values.some((value) => !(value >= -1e-12 * Math.max(1, largest)))) {
      throw new RangeError(`covariance ${k} has a negative eigenvalue: [${[...values]}]`);
    }
    return {
      logWeight: Math.log(shares[k] / total),
      mean,
      values: values.map((value) => Math.max(value, 0)),
      vectors,
    };
  });
}

/** The covariance as a full d × d matrix. */
export function covarianceMatrix(covariance: Covariance, d: number): number[][] {
  const entry = (i: number, j: number): number => {
    if (typeof covariance === "number") return i === j ? covariance : 0;
    const row = covariance[i];
    return typeof row === "number" ? (i === j ? row : 0) : row[j];
  };
  if (typeof covariance !== "number" && covariance.length !== d) {
    throw new RangeError(`a covariance for ${d} dimensions has ${covariance.length} rows`);
  }
  if (typeof covariance !== "number") {
    covariance.forEach((row, i) => {
      if (typeof row !== "number" && row.length !== d)
        throw new RangeError(`row ${i} of a covariance for ${d} dimensions has ${row.length} entries`);
    });
  }
  return Array.from({ length: d }, (_, i) => Array.from({ length: d }, (_unused, j) => entry(i, j)));
}

function componentAnswer(
  { logWeight, mean, values, vectors }: Component,
  points: tf.Tensor2D,
  signal: tf.Tensor,
  noise: tf.Tensor,
): { log: tf.Tensor1D; x0: tf.Tensor } {
  const d = mean.length;
  const centre = tf.tensor2d([...mean], [1, d]);
  const basis = tf.tensor2d([...vectors], [d, d]);
  const lambda = tf.tensor2d([...values], [1, d]);
  // In the eigenbasis of Σ_k everything is per coordinate: y = (x_t − a·μ)·Vᵀ, variance a²λ + b².
  const y = tf.matMul(tf.sub(points, tf.mul(signal, centre)) as tf.Tensor2D, basis, false, true);
  const variance = tf.add(tf.mul(tf.square(signal), lambda), tf.square(noise));
  const exponent = tf.sum(tf.add(tf.div(tf.square(y), variance), tf.log(tf.mul(variance, 2 * Math.PI))), 1);
  const shrunk = tf.div(tf.mul(tf.mul(signal, lambda), y), variance);
  return {
    log: tf.sub(logWeight, tf.div(exponent, 2)) as tf.Tensor1D,
    x0: tf.add(centre, tf.matMul(shrunk as tf.Tensor2D, basis)),
  };
}
