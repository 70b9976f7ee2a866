/** A value that gradients do not pass. */
import * as tf from "../runtime/tf.js";

/** x itself, through which no gradient flows. */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  return tf.customGrad((value) => ({
    value: (value as tf.Tensor).clone(),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }))(x) as T;
}
