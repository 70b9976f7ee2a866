/** One thing of every kind, to be given where another kind is meant; their types say where each is meant after all. */
import * as tf from "../../../src/runtime/tf.js";

/** Something with a behaviour of its own that nothing here knows. */
class Other {
  readonly other = true;
}

export const kinds = {
  null: null,
  "a text": "tensor",
  "a number": 5,
  "a truth": true,
  "a list": [1, 2] as [number, number],
  "an object": new Other(),
  "a function": () => Symbol("nothing"),
  "a tensor": tf.tensor1d([1, 2]) as tf.Tensor,
} as const;

export type Kind = keyof typeof kinds;
