import * as tf from "../tf.js";
import type { GaussianPath } from "./path.js";
import { convertPrediction, type Prediction } from "./predictions.js";
import type { Threshold } from "./thresholds.js";

/** What a sample is conditioned on: named tensors, each with one entry per example, for instance `{ label }` as int32 [N]. */
export type Condition = Readonly<Record<string, tf.Tensor>>;

/** A trained network, or a closed form, as samplers see it. */
export interface Denoiser {
  /** What the output means. */
  readonly predicts: Prediction;
  /**
   * @param xt [N, …]
   * @param t [N] float32, the theory's times 0 < t ≤ T, fractional between the discrete levels
   * @returns the prediction, same shape as xt
   */
  predict(xt: tf.Tensor, t: tf.Tensor1D, condition?: Condition): tf.Tensor;
}

/** Both halves of x_t as the denoiser sees them: x_t = a·x0 + b·noise. */
export interface Estimate {
  readonly x0: tf.Tensor;
  readonly noise: tf.Tensor;
}

export interface EstimateOptions {
  readonly condition?: Condition;
  /** Bounds x̂_0; ε̂ is then derived again so that x_t = a·x̂_0 + b·ε̂ still holds. */
  readonly clip?: Threshold;
}

/**
 * x̂_0 and ε̂ at time t, whatever the network predicts.
 *
 * @throws RangeError when the output has another shape than x_t, or does not determine x̂_0 (ε with zero terminal SNR)
 */
export function estimate(
  denoiser: Denoiser,
  path: GaussianPath,
  xt: tf.Tensor,
  t: number,
  options: EstimateOptions = {},
): Estimate {
  const { condition, clip } = options;
  return tf.tidy(() => {
    const times = tf.fill([xt.shape[0]], t, "float32") as tf.Tensor1D;
    const output = denoiser.predict(xt, times, condition);
    const x0 = convertPrediction(path, denoiser.predicts, "sample", output, xt, t);
    if (!clip) return { x0, noise: convertPrediction(path, denoiser.predicts, "noise", output, xt, t) };
    const clipped = clip(x0);
    // ε̂ = (x_t − a·x̂_0)/b
    return { x0: clipped, noise: convertPrediction(path, "sample", "noise", clipped, xt, t) };
  });
}
