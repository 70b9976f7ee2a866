/** What a VAE's network is to all who train it or draw from it: an encoder q(z|x) and a decoder p(x|z). */
import { requireLike } from "../../base/values.js";
import type { Parameters } from "../../nn/index.js";
import type * as tf from "../../runtime/tf.js";
import type { LatentGaussian } from "../latent-gaussian.js";

/** What p(x|z) is: independent Bernoulli grey values, or Gaussians of one learned width. */
export const likelihoodNames = ["bernoulli", "gaussian"] as const;
export type LikelihoodName = (typeof likelihoodNames)[number];

/**
 * ln σ that the learned width of a Gaussian p(x|z) begins at: σ = 0.3 for data of variance about 1. From σ = 1 on, as wide as
 * the data itself, the reconstruction is worth less than the KL term that it costs, and z stays unused: posterior collapse
 * (Lucas et al. 2019, "Don't blame the ELBO!", on this width).
 */
export const START_LOG_DEVIATION = Math.log(0.3);

/** {@link ConvVae} for images, {@link MlpVae} for points. */
export interface VaeNetwork {
  readonly config: { readonly latent_channels: number; readonly likelihood: LikelihoodName };
  readonly parameters: Parameters;
  /** Shape of one example x: [H, W, C] of an image, [d] of a point. */
  readonly shape: readonly number[];
  /** q(z|x) = N(mean, exp(logVariance)) of x, [N, …shape]. @throws RangeError for examples of another shape */
  encode(x: tf.Tensor): LatentGaussian;
  /**
   * The parameters of p(x|z), [N, …shape]: logits of grey values for a Bernoulli likelihood, means for a Gaussian.
   *
   * @throws RangeError for latents of another shape
   */
  decode(z: tf.Tensor2D): tf.Tensor;
  /** ln σ of a Gaussian p(x|z), [1]. @throws RangeError for a Bernoulli likelihood, which has none */
  readonly gaussianLogDeviation: tf.Tensor1D;
  dispose(): void;
}

/** @throws TypeError unless `value` encodes and decodes */
export function requireVae(value: unknown): asserts value is VaeNetwork {
  requireLike("vae", value, ["config", "shape", "encode", "decode"], "new ConvVae(…) or new MlpVae(…)");
}
