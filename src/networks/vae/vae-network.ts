/** What a VAE's network is to all who train it or draw from it: an encoder q(z|x) and a decoder p(x|z). */
import { requireLike } from "../../base/values.js";
import type { Parameters } from "../../nn/index.js";
import type * as tf from "../../runtime/tf.js";
import type { LatentGaussian } from "../latent-gaussian.js";

/** What p(x|z) is: independent Bernoulli grey values, or Gaussians of one learned width. */
export const likelihoodNames = ["bernoulli", "gaussian"] as const;
export type LikelihoodName = (typeof likelihoodNames)[number];

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
