import * as tf from "../tf.js";

/**
 * Scales a gradient so that its Euclidean norm is at most `maxNorm`; also gives the norm before.
 *
 * g ← g · min(1, maxNorm/(‖g‖ + 1e-6))
 *
 * Source: Pascanu, Mikolov and Bengio 2013, algorithm 1; the 1e-6 is PyTorch's.
 */
export function clipGlobalNorm(
  gradient: tf.Tensor,
  maxNorm: number,
): { clipped: tf.Tensor; norm: tf.Scalar } {
  return tf.tidy(() => {
    const norm = tf.sqrt(tf.sum(tf.square(gradient))) as tf.Scalar;
    const factor = tf.minimum(1, tf.div(maxNorm, tf.add(norm, 1e-6)));
    return { clipped: tf.mul(gradient, factor), norm };
  });
}
