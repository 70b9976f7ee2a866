/** A diagonal Gaussian over latents of any shape, as a VAE's encoder gives it: its draws, and its distance from N(0, I). */
import { requireLike } from "../base/values.js";
import { requireFits, requireSameShape, requireTensor } from "../runtime/tensor.js";
import * as tf from "../runtime/tf.js";

/** A diagonal Gaussian over latents: mean and ln σ², of one shape [N, …latents]. */
export interface LatentGaussian<T extends tf.Tensor = tf.Tensor2D> {
  readonly mean: T;
  readonly logVariance: T;
}

/** ln σ² within −30 … 20, so that exp neither overflows nor vanishes; diffusers bounds its autoencoder alike. */
export function boundedLogVariance<T extends tf.Tensor>(logVariance: T): T {
  return tf.clipByValue(logVariance, -30, 20);
}

/** KL(q(z|x) ‖ N(0, I)) = ½·Σ_j (μ_j² + σ_j² − 1 − ln σ_j²), [N]. Source: Kingma & Welling 2014, appendix B. */
export function latentKl<T extends tf.Tensor>(gaussian: LatentGaussian<T>): tf.Tensor1D {
  requireGaussian(gaussian);
  const { mean, logVariance } = gaussian;
  return tf.tidy(() => {
    const terms = tf.sub(tf.add(tf.square(mean), tf.exp(logVariance)), tf.add(logVariance, 1));
    const axes = mean.shape.map((_, axis) => axis).slice(1);
    return tf.mul(tf.sum(terms, axes), 0.5) as tf.Tensor1D;
  });
}

/**
 * z = μ + σ·ε, the reparameterisation of q(z|x), for ε ~ N(0, I).
 *
 * Source: Kingma & Welling 2014, section 2.4.
 *
 * @param noise ε, in the Gaussian's shape; of a single Gaussian, [1, …], any number of draws
 * @throws RangeError if the shapes do not fit
 */
export function reparameterise<T extends tf.Tensor>(gaussian: LatentGaussian<T>, noise: T): T {
  requireGaussian(gaussian);
  const { mean, logVariance } = gaussian;
  requireTensor("noise", noise, "float", mean.rank);
  requireFits("mean", mean, "noise", noise);
  return tf.tidy(() => tf.add(mean, tf.mul(tf.exp(tf.mul(logVariance, 0.5)), noise)) as T);
}

function requireGaussian(value: LatentGaussian<tf.Tensor>): void {
  requireLike("a Gaussian over latents", value, ["mean", "logVariance"], "vae.encode(x)");
  requireSameShape("mean", value.mean, "logVariance", value.logVariance);
}
