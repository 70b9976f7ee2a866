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
  return tf.tidy(() => {
    const norm = tf.sqrt(tf.sum(tf.square(gradient))) as tf.Scalar;
    const factor = tf.minimum(1, tf.div(maxNorm, tf.add(norm, SMALLEST_NORM)));
    return { clipped: tf.mul(gradient, factor), norm };
  });
}

/**
 * {@link clipGlobalNorm} over a plain array, the norm summed in float64.
 *
 * @returns a new array and the norm before; a norm that is not finite is returned as it is
 */
export function clipArray(gradient: Float32Array, maxNorm: number): { clipped: Float32Array; norm: number } {
  let sum = 0;
  for (let i = 0; i < gradient.length; i++) sum += gradient[i] * gradient[i];
  const norm = Math.sqrt(sum);
  const factor = Math.min(1, maxNorm / (norm + SMALLEST_NORM));
  const clipped = new Float32Array(gradient.length);
  for (let i = 0; i < gradient.length; i++) clipped[i] = gradient[i] * factor;
  return { clipped, norm };
}
