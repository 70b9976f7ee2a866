/** What a VAE's network is to all who train it or draw from it: an encoder q(z|x) and a decoder p(x|z). */
import type { Parameters } from "../../nn/index.js";
import * as tf from "../../runtime/tf.js";

/** What p(x|z) is: independent Bernoulli grey values, or Gaussians of one learned width. */
export const likelihoodNames = ["bernoulli", "gaussian"] as const;
export type LikelihoodName = (typeof likelihoodNames)[number];

/** A diagonal Gaussian over latents: mean and ln σ², each [N, latent_channels]. */
export interface LatentGaussian {
  readonly mean: tf.Tensor2D;
  readonly logVariance: tf.Tensor2D;
}

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

/** ln σ² within −30 … 20, so that exp neither overflows nor vanishes; diffusers bounds its autoencoder alike. */
export function boundedLogVariance(logVariance: tf.Tensor2D): tf.Tensor2D {
  return tf.clipByValue(logVariance, -30, 20);
}
