/** The noise that samplers are given. */
import { shownNumber } from "../../base/values.js";
import { requireKnownKeys } from "../../base/check.js";
import { sizeOf } from "../../base/shape.js";
import * as tf from "../../runtime/tf.js";
import { requireSameShape } from "../../runtime/tensor.js";
import { RandomStream } from "../../random/index.js";
import type { NoiseSource } from "./sampler.js";

export interface NormalNoiseOptions {
  /** The number of the batch's first example among all samples of this seed. Default 0. */
  readonly firstSample?: number;
  /** Separates several uses of one seed. Default "sampling". */
  readonly purpose?: string;
}

/**
 * Standard normal noise in which example i has its own stream (seed, purpose, draw, firstSample + i): a sample does not
 * change with the batch it is drawn in, nor with the order in which draws are asked for.
 */
export function normalNoise(seed: number, options: NormalNoiseOptions = {}): NoiseSource {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`seed must be a whole number ≥ 0, got ${shownNumber(seed)}`);
  requireKnownKeys("normalNoise", options, { firstSample: "a number", purpose: "a text" });
  const { firstSample = 0, purpose = "sampling" } = options;
  return (draw, shape) => {
    const [count, ...rest] = shape;
    const size = sizeOf(rest);
    const values = new Float32Array(count * size);
    for (let i = 0; i < count; i++) {
      values.set(new RandomStream(seed, `${purpose}/${draw}`, firstSample + i).normals(size), i * size);
    }
    return tf.tensor(values, [...shape], "float32");
  };
}

/**
 * The draw of a given number for a state, as samplers ask for it.
 *
 * @throws TypeError without a source
 * @throws RangeError for noise of another shape, which would be broadcast without a word
 */
export function drawNoise(source: NoiseSource | undefined, draw: number, state: tf.Tensor): tf.Tensor {
  if (typeof source !== "function")
    throw new TypeError("this sampler adds noise: give it `noise`, for instance normalNoise(seed)");
  const noise = source(draw, state.shape);
  requireSameShape(`draw ${draw} of the noise source`, noise, "the state", state);
  return noise;
}
