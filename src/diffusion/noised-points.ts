/** Prepares noisy points for the closed-form denoisers and checks that they fit. */
import * as tf from "../runtime/tf.js";
import type { GaussianPath } from "./paths/path.js";
import { levelAt, type Level } from "./posterior.js";
import { timesOfBatch } from "./paths/time.js";

/** Points as an ideal denoiser is asked about them: flattened to [N, size], with the level of each. */
export interface NoisedPoints {
  readonly points: tf.Tensor2D;
  readonly levels: readonly Level[];
}

/** @throws RangeError for points that do not have `size` values each, other than one time per point, or times outside the path */
export function noisedPoints(path: GaussianPath, xt: tf.Tensor, t: tf.Tensor1D, size: number): NoisedPoints {
  const count = xt.shape[0];
  if (xt.size !== count * size)
    throw new RangeError(`points of shape [${xt.shape}] do not have the data's ${size} values each`);
  const times = timesOfBatch(Array.from(t.dataSync()), count);
  return {
    points: tf.reshape(xt, [count, size]) as tf.Tensor2D,
    // Float32 may have rounded a time above T.
    levels: Array.from(times, (time) => levelAt(path, Math.min(time, path.T))),
  };
}

/** One number of each level as a column [N, 1]. */
export function levelColumn(levels: readonly Level[], name: keyof Level): tf.Tensor2D {
  return tf.tensor2d(
    levels.map((level) => level[name]),
    [levels.length, 1],
  );
}
