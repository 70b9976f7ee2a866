/** Clipping of a gradient by its norm. */
import { requirePositive } from "../base/values.js";
import { requireTensor } from "../runtime/tensor.js";
import * as tf from "../runtime/tf.js";

/** PyTorch's, against division by 0. */
const SMALLEST_NORM = 1e-6;

/**
 * Scales a gradient so that its Euclidean norm is at most `maxNorm`; also gives the norm before.
 *
 * g ← g · min(1, maxNorm/(‖g‖ + 1e-6))
 *
 * Source: Pascanu, Mikolov and Bengio 2013, algorithm 1.
 */
export function clipGlobalNorm(gradient: tf.Tensor, maxNorm: number): { clipped: tf.Tensor; norm: tf.Scalar } {
  requireTensor("gradient", gradient);
  // ∞ is no clipping.
  if (maxNorm !== Infinity) requirePositive("maxNorm", maxNorm);
  return tf.tidy(() => {
    const norm = tf.sqrt(tf.sum(tf.square(gradient))) as tf.Scalar;
    const factor = tf.minimum(1, tf.div(maxNorm, tf.add(norm, SMALLEST_NORM)));
    return { clipped: tf.mul(gradient, factor), norm };
  });
}
