/** Functions whose gradient is written out, and that can be differentiated twice all the same. */
import { requireTensor } from "../runtime/tensor.js";
import * as tf from "../runtime/tf.js";

/** What tf.customGrad hands a function to keep tensors for its gradient. */
export type SaveTensors = (tensors: tf.Tensor[]) => void;

/** A value, and its gradient by every input from what was kept. */
export interface WithGradient {
  readonly value: tf.Tensor;
  readonly gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
}

/**
 * A function that computes fast and whose gradient is written out. What it keeps for that gradient are constants to a
 * second one, which would come out wrong without a word: where the gradient is itself differentiated, it is taken of
 * `plain` instead, operation by operation.
 *
 * @param plain the same function in operations that differentiate twice
 * @param fast value and gradient; it keeps tensors with `save`
 */
export function fastGradient<Inputs extends tf.Tensor[]>(
  plain: (...inputs: Inputs) => tf.Tensor,
  fast: (save: SaveTensors, ...inputs: Inputs) => WithGradient,
): (...inputs: Inputs) => tf.Tensor {
  const run = tf.customGrad((...args: (tf.Tensor | SaveTensors)[]) => {
    const inputs = args.slice(0, -1) as Inputs;
    const save = args.at(-1) as SaveTensors;
    const { value, gradFunc } = fast((tensors) => save([...inputs, ...tensors]), ...inputs);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const count = inputs.length;
        if (!differentiated()) return gradFunc(dy, saved.slice(count)) as tf.Tensor;
        return tf.grads(plain as (...xs: tf.Tensor[]) => tf.Tensor)(saved.slice(0, count), dy) as unknown as tf.Tensor;
      },
    };
  }) as (...inputs: Inputs) => tf.Tensor;
  return (...inputs) => {
    // What stands behind the first may be indices.
    inputs.forEach((x, i) => requireTensor("x", x, i === 0 ? "float" : "numbers"));
    return run(...inputs);
  };
}

/** Whether what is computed now is part of something whose gradient is asked for. */
function differentiated(): boolean {
  return (tf.engine() as unknown as { isTapeOn(): boolean }).isTapeOn();
}
