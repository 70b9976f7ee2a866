/** Denoising score matching: the loss that trains a score without knowing the density. */
import { requireSameShape } from "../runtime/tensor.js";
import * as tf from "../runtime/tf.js";
import { lookUp } from "./coefficients.js";
import type { GaussianPath } from "./paths/path.js";
import type { Timestep } from "./paths/time.js";

/**
 * Denoising score matching: mean over the batch of b²·‖s(x_t, t) + ε/b‖² per element. The factor b² makes all levels
 * count alike; the loss is then that of ε̂ = −b·s.
 *
 * Source: Vincent 2011, equation 11; Song & Ermon 2019 (NCSN), equations 5 and 6 with λ = σ².
 * @param score the network's output, [N, …]
 * @param noise the ε that made x_t, same shape
 * @returns a scalar
 */
export function scoreMatchingLoss(path: GaussianPath, score: tf.Tensor, noise: tf.Tensor, t: Timestep): tf.Scalar {
  requireSameShape("score", score, "noise", noise);
  return tf.tidy(() => {
    const b = lookUp(path, t, score, (time) => path.noise(time));
    // b²·‖s + ε/b‖² = ‖b·s + ε‖²
    return tf.mean(tf.square(tf.add(tf.mul(b, score), noise))) as tf.Scalar;
  });
}
