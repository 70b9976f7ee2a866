/** The start, noise and stand-in network that the diffusers fixture was recorded with. */
import * as tf from "../../../src/runtime/tf.js";
import type { Denoiser, Prediction } from "../../../src/index.js";
import { linearSchedule, networkTime } from "../../../src/index.js";

/** S = arange(768) reshaped (3, 8, 8, 4), /768, axes permuted to (4, 3, 8, 8); reversed, it is Z. */
export function fixtureImages(reversed = false): tf.Tensor {
  const values = Float32Array.from({ length: 768 }, (_, i) => (reversed ? 767 - i : i) / 768);
  return tf.tidy(() => tf.transpose(tf.tensor(values, [3, 8, 8, 4]), [3, 0, 1, 2]));
}

/** On the linear schedule, the stand-in network o = x·t/(t + 1), t = 0 … T − 1. */
export function fixtureDenoiser(predicts: Prediction): Denoiser {
  return {
    path: linearSchedule(),
    predicts,
    predict: (xt, t) =>
      tf.tidy(() => {
        const time = networkTime(t);
        const factor = tf.div(time, tf.add(time, 1));
        return tf.mul(xt, tf.reshape(factor, [-1, ...new Array<number>(xt.rank - 1).fill(1)]));
      }),
  };
}

export function drain<S>(generator: Generator<S, tf.Tensor>): tf.Tensor {
  for (;;) {
    const { done, value } = generator.next();
    if (done) return value as tf.Tensor;
  }
}

export function absoluteSum(x: tf.Tensor): number {
  let sum = 0;
  for (const value of x.dataSync()) sum += Math.abs(value);
  return sum;
}
