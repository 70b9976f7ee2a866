/** The importance-weighted bound: how likely a VAE finds an example. */
import * as tf from "../../runtime/tf.js";
import type { ConvVae } from "../../networks/index.js";
import { logMeanExp } from "../../numeric/index.js";
import { RandomStream } from "../../random/index.js";
import { logLikelihoodGivenLatent, reparameterise } from "./elbo.js";

export interface ImportanceBoundOptions {
  /** Draws k of the latent an example, default 64. */
  readonly samples?: number;
  /** Of the draws, default 0. */
  readonly seed?: number;
}

/**
 * A lower bound of ln p(x) that tightens with the number of draws, in nats an example:
 *
 * L_k = E ln (1/k)·Σ_i p(x|z_i)·p(z_i)/q(z_i|x), z_i ~ q(z|x); L_1 is the ELBO, L_∞ is ln p(x).
 *
 * @param x [N, H, W, C] in [−1, 1]; example i is judged by draws of its own stream, whatever the batch
 * @returns [N], float64
 * @throws RangeError for images of another shape, or samples that are no positive whole number
 * Source: Burda, Grosse & Salakhutdinov 2016, "Importance weighted autoencoders", equation 8.
 */
export async function importanceBound(
  vae: ConvVae,
  x: tf.Tensor4D,
  options: ImportanceBoundOptions = {},
): Promise<Float64Array> {
  const { samples = 64, seed = 0 } = options;
  if (!Number.isInteger(samples) || samples < 1) {
    throw new RangeError(`samples must be a positive whole number of draws, got ${samples}`);
  }
  const bounds = new Float64Array(x.shape[0]);
  for (let example = 0; example < bounds.length; example++) {
    const weights = tf.tidy(() =>
      logWeights(vae, tf.slice(x, [example, 0, 0, 0], [1, -1, -1, -1]), { samples, seed, example }),
    );
    try {
      bounds[example] = logMeanExp((await weights.data()) as Float32Array);
    } finally {
      weights.dispose();
    }
  }
  return bounds;
}

/** ln w_i = ln p(x|z_i) + ln p(z_i) − ln q(z_i|x) of one example, [k]. */
function logWeights(
  vae: ConvVae,
  x: tf.Tensor4D,
  { samples, seed, example }: Required<ImportanceBoundOptions> & { readonly example: number },
): tf.Tensor1D {
  const { latent_channels: d } = vae.config;
  const posterior = vae.encode(x);
  const noise = tf.tensor2d(new RandomStream(seed, "importance", example).normals(samples * d), [samples, d]);
  const z = reparameterise(posterior, noise);
  const images = tf.tile(x, [samples, 1, 1, 1]);
  const given = logLikelihoodGivenLatent(vae, images, vae.decode(z));
  // ln p(z) − ln q(z|x) = ½·Σ_j (ε_j² + ln σ_j² − z_j²): both Gaussians' 2π cancel.
  const ratio = tf.sum(tf.sub(tf.add(tf.square(noise), posterior.logVariance), tf.square(z)), 1);
  return tf.add(given, tf.mul(ratio, 0.5)) as tf.Tensor1D;
}
