/** A denoiser carried over from its path to another. */
import { requireDenoiser } from "./denoiser.js";
import * as tf from "../runtime/tf.js";
import { lookUp } from "./coefficients.js";
import type { Denoiser } from "./denoiser.js";
import { noiseLevel, type GaussianPath, requireGaussianPath } from "./paths/path.js";
import { conversionRow } from "./predictions.js";
import { timesOfBatch } from "./paths/time.js";

/**
 * A denoiser made for one path, to be asked on another. Divided by a(t) every path is x_0 + σ·ε, so
 * x at time t of `path` is c·x at the time t' of the denoiser's own with the same σ, c = a(t')/a(t), and x̂_0 is the same.
 *
 * Above the highest σ that was trained (a straight path begins at σ = ∞), where x_t is noise and next to nothing else, it
 * is asked at that level, c being b(T)/b(t).
 *
 * Source: Karras et al. 2022 (EDM), section 2 and table 1 (every scaling of one probability flow).
 * @returns a denoiser that predicts the sample
 */
export function denoiserOnPath(denoiser: Denoiser, path: GaussianPath): Denoiser {
  requireDenoiser(denoiser);
  requireGaussianPath(path);
  const { path: from } = denoiser;
  const highest = noiseLevel(from, from.T);
  const trainedTime = (t: number): number => {
    const level = noiseLevel(path, t);
    return level >= highest ? from.T : from.timeAt(level);
  };
  const scale = (t: number): number => {
    const there = trainedTime(t);
    return noiseLevel(path, t) >= highest ? from.noise(there) / path.noise(t) : from.signal(there) / path.signal(t);
  };
  return {
    path,
    predicts: "sample",
    predict: (xt, t, condition) =>
      tf.tidy(() => {
        // Float32 may have rounded a time above T.
        const times = timesOfBatch(
          Array.from(t.dataSync(), (time) => Math.min(time, path.T)),
          xt.shape[0],
        );
        const there = Array.from(times, trainedTime);
        const state = tf.mul(xt, lookUp(path, Array.from(times), xt, scale));
        const output = denoiser.predict(state, tf.tensor1d(there, "float32"), condition);
        const row = (time: number) => conversionRow(denoiser.predicts, "sample", from.signal(time), from.noise(time));
        const kept = tf.mul(
          state,
          lookUp(from, there, xt, (time) => row(time).state),
        );
        return tf.add(
          kept,
          tf.mul(
            output,
            lookUp(from, there, xt, (time) => row(time).output),
          ),
        );
      }),
  };
}
