/** A value that gradients do not pass. */
import { requireTensor } from "../runtime/tensor.js";
import * as tf from "../runtime/tf.js";

/** x itself, through which no gradient flows. */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  requireTensor("x", x, "numbers");
  return tf.customGrad((value) => ({
    value: (value as tf.Tensor).clone(),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }))(x) as T;
}
