import * as tf from "../tf.js";
import type { SdePath } from "../diffusion/continuous-paths.js";
import { estimate, type Denoiser } from "../diffusion/denoiser.js";
import { convertPrediction } from "../diffusion/predictions.js";
import { march } from "./march.js";
import type { NoiseSource, SamplerStep, StochasticOptions } from "./sampler.js";
import { timeGrid } from "./time-grid.js";

export interface ReverseSdeOptions extends StochasticOptions {
  /** Langevin corrections after each step. Default 0: plain Euler–Maruyama; 1 is the paper's predictor–corrector. */
  readonly corrections?: number;
  /** Signal-to-noise ratio r of a correction, which sets its step ε = 2·(r·‖z‖/‖s‖)². Default 0.16. */
  readonly correctionSnr?: number;
}

/**
 * Euler–Maruyama on the reverse SDE dx = (f·x − g²·s) dt + g dw̄, with optional Langevin correctors at the new time.
 * The last step returns its mean, without noise or correction.
 *
 * Source: Song et al. 2021 (score SDE), equation 6 and algorithms 2–5.
 * @param path a VP, VE or sub-VP path: `vpPath()`, `vePath()`, `subVpPath()`
 */
export function reverseSde(
  denoiser: Denoiser,
  path: SdePath,
  xT: tf.Tensor,
  options: ReverseSdeOptions,
): Generator<SamplerStep, tf.Tensor> {
  const { corrections = 0, correctionSnr = 0.16, noise } = options;
  if (typeof path.drift !== "function" || typeof path.diffusion !== "function") {
    throw new TypeError(`the path "${path.name}" is no SDE: use vpPath, vePath, subVpPath or edmPath`);
  }
  if (!Number.isInteger(corrections) || corrections < 0) throw new RangeError(`corrections must be a whole number ≥ 0, got ${corrections}`);
  const times = timeGrid(path, options);
  const perStep = 1 + corrections;
  const scoreAt = (x: tf.Tensor, t: number): { x0: tf.Tensor; score: tf.Tensor } => {
    const { x0, noise: direction } = estimate(denoiser, path, x, t, options);
    return { x0, score: convertPrediction(path, "noise", "score", direction, x, t) };
  };
  return march(xT, times, (x, i) => {
    const [t, s] = [times[i], times[i + 1]];
    const [dt, g] = [t - s, path.diffusion(t)];
    const { x0, score } = scoreAt(x, t);
    // x − (f·x − g²·s)·dt
    const mean = tf.add(tf.mul(x, 1 - path.drift(t) * dt), tf.mul(score, g * g * dt));
    if (i === times.length - 2) return { x0, next: mean };
    let next = tf.add(mean, tf.mul(noise(i * perStep + 1, x.shape), g * Math.sqrt(dt)));
    for (let k = 1; k <= corrections; k++) {
      next = correct(next, scoreAt(next, s).score, i * perStep + k + 1, noise, correctionSnr);
    }
    return { x0, next };
  });
}

/** One Langevin step x + ε·s + √(2ε)·z with ε = 2·(r·‖z‖/‖s‖)², each example by its own norms. */
function correct(x: tf.Tensor, score: tf.Tensor, draw: number, noise: NoiseSource, snr: number): tf.Tensor {
  const z = noise(draw, x.shape);
  const size = tf.maximum(tf.div(tf.mul(norms(z), snr), tf.maximum(norms(score), 1e-12)), 0);
  const step = tf.mul(tf.square(size), 2);
  return tf.add(tf.add(x, tf.mul(step, score)), tf.mul(tf.sqrt(tf.mul(step, 2)), z));
}

function norms(x: tf.Tensor): tf.Tensor {
  const axes = x.shape.map((_, axis) => axis).slice(1);
  return tf.sqrt(tf.sum(tf.square(x), axes, true));
}
