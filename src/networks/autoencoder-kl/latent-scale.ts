/** The one place where latents are scaled for a diffusion model, and scaled back. */
import * as tf from "../../runtime/tf.js";
import type { AutoencoderKLConfig } from "./autoencoder-kl-config.js";

/** What of the configuration says how latents are scaled. */
export type LatentScale = Pick<AutoencoderKLConfig, "scaling_factor" | "shift_factor" | "latents_mean" | "latents_std">;

/** (z − m)·a/s, with a the scaling_factor, m the shift_factor or latents_mean of a channel, s its latents_std. */
export function scaleLatents({ scaling_factor: a, ...given }: LatentScale, z: tf.Tensor4D): tf.Tensor4D {
  const { mean, deviation } = momentsOf(given);
  return tf.tidy(() => tf.mul(tf.div(tf.sub(z, mean), deviation), a));
}

/** z·s/a + m, the inverse of {@link scaleLatents}. */
export function unscaleLatents({ scaling_factor: a, ...given }: LatentScale, scaled: tf.Tensor4D): tf.Tensor4D {
  const { mean, deviation } = momentsOf(given);
  return tf.tidy(() => tf.add(tf.mul(tf.div(scaled, a), deviation), mean));
}

function momentsOf(given: Omit<LatentScale, "scaling_factor">): {
  mean: number | number[];
  deviation: number | number[];
} {
  const { shift_factor: shift, latents_mean: mean, latents_std: std } = given;
  return { mean: mean ? [...mean] : (shift ?? 0), deviation: std ? [...std] : 1 };
}
