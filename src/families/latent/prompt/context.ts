/** The context of a prompt: what the text encoder makes of its pieces, weighted and laid end to end. */
import * as tf from "../../../runtime/tf.js";
import type { PromptChunk } from "./chunks.js";

/** The last states of a text encoder, [N, words, channels], for tokens [N, words]. */
export type EncodeTokens = (tokens: tf.Tensor2D) => tf.Tensor3D;

/**
 * The context [1, pieces·words, channels] of a prompt's pieces. A word's state is multiplied by its weight; with
 * `keepMean` each piece is then scaled so that its mean is what it was, for a prompt is not to grow louder as a whole by
 * it. Where all weights are 1, nothing is touched.
 *
 * The caller disposes it.
 */
export function promptContext(
  chunks: readonly PromptChunk[],
  encode: EncodeTokens,
  { keepMean }: { readonly keepMean: boolean },
): tf.Tensor3D {
  const words = chunks[0].tokens.length;
  return tf.tidy(() => {
    const tokens = tf.tensor2d(concatenated(Int32Array, chunks, "tokens"), [chunks.length, words], "int32");
    const states = encode(tokens);
    const weighted = chunks.some(({ weights }) => weights.some((weight) => weight !== 1))
      ? weigh(states, tf.tensor3d(concatenated(Float32Array, chunks, "weights"), [chunks.length, words, 1]), keepMean)
      : states;
    return tf.reshape(weighted, [1, chunks.length * words, states.shape[2]]);
  });
}

function weigh(states: tf.Tensor3D, weights: tf.Tensor3D, keepMean: boolean): tf.Tensor3D {
  const weighted = tf.mul(states, weights) as tf.Tensor3D;
  if (!keepMean) return weighted;
  const mean = (x: tf.Tensor): tf.Tensor => tf.mean(x, [1, 2], true);
  const after = mean(weighted);
  // A mean of nearly nothing says nothing of loudness.
  const usable = tf.greater(tf.abs(after), 1e-6);
  const ratio = tf.where(usable, tf.div(mean(states), tf.where(usable, after, tf.onesLike(after))), tf.onesLike(after));
  return tf.mul(weighted, ratio) as tf.Tensor3D;
}

function concatenated<A extends Int32Array | Float32Array>(
  make: new (length: number) => A,
  chunks: readonly PromptChunk[],
  key: "tokens" | "weights",
): A {
  const all = new make(chunks.reduce((sum, chunk) => sum + chunk[key].length, 0));
  chunks.reduce((at, chunk) => {
    all.set(chunk[key], at);
    return at + chunk[key].length;
  }, 0);
  return all;
}
