/** Gaussian likelihoods: divergences and masses that the losses of every family are made of. */
import { requireWhole } from "../base/values.js";
import { requireFits, requireTensor } from "../runtime/tensor.js";
import { requireKnownKeys } from "../base/check.js";
import * as tf from "../runtime/tf.js";

/**
 * KL(N(m₁, e^{l₁}) ‖ N(m₂, e^{l₂})) = ½·(l₂ − l₁ − 1 + e^{l₁−l₂} + (m₁ − m₂)²·e^{−l₂}), elementwise, in nats.
 */
export function gaussianKl(
  mean1: tf.Tensor,
  logVariance1: tf.Tensor,
  mean2: tf.Tensor,
  logVariance2: tf.Tensor,
): tf.Tensor {
  requireTensor("mean1", mean1);
  for (const [name, x] of Object.entries({ logVariance1, mean2, logVariance2 })) requireFits(name, x, "mean1", mean1);
  return tf.tidy(() => {
    const change = tf.sub(logVariance2, logVariance1);
    const distance = tf.mul(tf.square(tf.sub(mean1, mean2)), tf.exp(tf.neg(logVariance2)));
    return tf.mul(tf.add(tf.add(tf.sub(change, 1), tf.exp(tf.neg(change))), distance), 0.5);
  });
}

export interface DiscretizedOptions {
  /** Number of grey levels spread over [−1, 1]. Default 256. */
  readonly levels?: number;
}

/**
 * ln of the probability that N(mean, e^{2·logDeviation}) rounds to x, elementwise, in nats: the mass of the bin of width
 * 2/(levels − 1) around x, with the two outermost bins open to infinity. Masses below 1e-12, which float32 cannot tell
 * from 0, count as 1e-12 (−27.6 nats, 39.9 bits), as in the reference code: what is further off is not punished more.
 *
 * Source: Ho et al. 2020 (DDPM), equation 13.
 */
export function discretizedLogLikelihood(
  x: tf.Tensor,
  mean: tf.Tensor,
  logDeviation: tf.Tensor,
  options: DiscretizedOptions = {},
): tf.Tensor {
  requireTensor("x", x);
  for (const [name, value] of Object.entries({ mean, logDeviation })) requireFits(name, value, "x", x);
  requireKnownKeys("discretizedLogLikelihood", options, { levels: "a number" });
  const half = 1 / (requireLevels(options) - 1);
  return tf.tidy(() => {
    const inverse = tf.exp(tf.neg(logDeviation));
    const centred = tf.sub(x, mean);
    const below = normalCdf(tf.mul(tf.sub(centred, half), inverse));
    const above = normalCdf(tf.mul(tf.add(centred, half), inverse));
    const lowest = tf.cast(tf.less(x, -1 + half), "float32");
    const highest = tf.cast(tf.greater(x, 1 - half), "float32");
    const middle = tf.sub(tf.sub(1, lowest), highest);
    const inside = tf.mul(middle, tf.sub(above, below));
    const mass = tf.add(tf.add(tf.mul(lowest, above), tf.mul(highest, tf.sub(1, below))), inside);
    return tf.log(tf.maximum(mass, 1e-12));
  });
}

function normalCdf(z: tf.Tensor): tf.Tensor {
  return tf.mul(tf.add(tf.erf(tf.div(z, Math.SQRT2)), 1), 0.5);
}

/**
 * ln p(x) of data in [−1, 1], in nats per example, as bits per dimension of its grey levels:
 * −ln p/(size·ln 2) + log₂((levels − 1)/2), the density times the width 2/(levels − 1) of a level.
 * This is what papers call bits/dim, and `variationalBound` returns. For data without levels see {@link densityBits}.
 *
 * @param size dimensions of an example
 * @param options.levels default 256, which adds log₂ 127.5 = 6.994
 */
export function bitsPerDimension(
  logLikelihoods: tf.Tensor1D,
  size: number,
  options: DiscretizedOptions = {},
): tf.Tensor1D {
  requireLikelihoods(logLikelihoods, size);
  requireKnownKeys("bitsPerDimension", options, { levels: "a number" });
  const perLevel = Math.log2((requireLevels(options) - 1) / 2);
  return tf.tidy(() => tf.add(densityBits(logLikelihoods, size), perLevel) as tf.Tensor1D);
}

/**
 * −log₂ of the density itself, per dimension: −ln p/(size·ln 2), for points and other data without grey levels. In the mean
 * it is at least the differential entropy, and may be negative. Not the bits/dim of images: see {@link bitsPerDimension}.
 */
export function densityBits(logLikelihoods: tf.Tensor1D, size: number): tf.Tensor1D {
  requireLikelihoods(logLikelihoods, size);
  return tf.tidy(() => tf.mul(logLikelihoods, -1 / (size * Math.LN2)) as tf.Tensor1D);
}

function requireLevels({ levels = 256 }: DiscretizedOptions): number {
  if (!Number.isInteger(levels) || levels < 2) throw new RangeError(`levels must be a whole number ≥ 2, got ${levels}`);
  return levels;
}

function requireLikelihoods(logLikelihoods: tf.Tensor, size: number): void {
  requireTensor("logLikelihoods", logLikelihoods);
  requireWhole("size", size);
}
