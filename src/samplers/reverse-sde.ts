/** The reverse SDE by Euler–Maruyama. */
import { requireGaussianPath } from "../diffusion/paths/path.js";
import { requireSamplerOptions } from "./stepping/options.js";
import * as tf from "../runtime/tf.js";
import type { SdePath } from "../diffusion/paths/continuous-paths.js";
import { estimate, type Denoiser } from "../diffusion/denoiser.js";
import { warn } from "../runtime/warning.js";
import { convertPrediction } from "../diffusion/predictions.js";
import { samplerEntries } from "./stepping/entry.js";
import { march } from "./stepping/march.js";
import { drawNoise } from "./stepping/noise-source.js";
import type { SamplerStep, StochasticOptions } from "./stepping/sampler.js";
import { timeGrid } from "./stepping/time-grid.js";

export interface ReverseSdeOptions extends StochasticOptions {
  /** Langevin corrections after each step. Default 0: plain Euler–Maruyama; 1 is the paper's predictor–corrector. */
  readonly corrections?: number;
  /**
   * Signal-to-noise ratio r of a correction, which sets its step ε = 2·(r·b)². Default 0.16. The paper measures
   * ‖z‖/‖s‖ on the batch where b, its value for images, stands here, so that a sample does not depend on its batch.
   */
  readonly correctionSnr?: number;
}

/**
 * Euler–Maruyama on the reverse SDE dx = (f·x − g²·s) dt + g dw̄, with optional Langevin correctors at the new time.
 * The last step returns its mean, without noise or correction.
 *
 * Source: Song et al. 2021 (score SDE), equation 6 and algorithms 2–5.
 * @param path a VP, VE or sub-VP path: `vpPath()`, `vePath()`, `subVpPath()`
 * @see SamplerEntry.run, which says what xT is
 */
export function reverseSde(
  denoiser: Denoiser,
  path: SdePath,
  xT: tf.Tensor,
  options: ReverseSdeOptions,
): Generator<SamplerStep, tf.Tensor> {
  requireGaussianPath(path);
  requireSamplerOptions("reverseSde", options, { corrections: true, correctionSnr: "a number" });
  const { corrections = 0, correctionSnr = 0.16, noise } = options;
  if (typeof path.drift !== "function" || typeof path.diffusion !== "function") {
    throw new TypeError(`the path "${path.name}" is no SDE: use vpPath, vePath, subVpPath or edmPath`);
  }
  if (!Number.isInteger(corrections) || corrections < 0)
    throw new RangeError(`corrections must be a whole number ≥ 0, got ${corrections}`);
  if (!(correctionSnr > 0)) throw new RangeError(`correctionSnr must be > 0, got ${correctionSnr}`);
  const times = timeGrid(path, options);
  warnOfUnstableSteps(path, times);
  const perStep = 1 + corrections;
  const scoreAt = (x: tf.Tensor, t: number): { x0: tf.Tensor; score: tf.Tensor } => {
    const { x0, noise: direction } = estimate(denoiser, path, x, t, options);
    return { x0, score: convertPrediction(path, "noise", "score", direction, x, t) };
  };
  return march(corrections > 0 ? "predictor-corrector" : "reverse-sde", xT, times, (x, i) => {
    const [t, s] = [times[i], times[i + 1]];
    const [dt, g] = [t - s, path.diffusion(t)];
    const { x0, score } = scoreAt(x, t);
    // x − (f·x − g²·s)·dt
    const mean = tf.add(tf.mul(x, 1 - path.drift(t) * dt), tf.mul(score, g * g * dt));
    if (i === times.length - 2) return { x0, next: mean };
    let next = tf.add(mean, tf.mul(drawNoise(noise, i * perStep + 1, x), g * Math.sqrt(dt)));
    for (let k = 1; k <= corrections; k++) {
      const z = drawNoise(noise, i * perStep + k + 1, x);
      next = correct(next, scoreAt(next, s).score, z, path.noise(s), correctionSnr);
    }
    return { x0, next };
  });
}

export default samplerEntries({
  name: "reverse-sde",
  title: "Reverse SDE, Euler–Maruyama",
  order: 1,
  stochastic: true,
  paths: "sde",
  run: reverseSde,
});

const warnedOf = new Set<string>();

/** A step multiplies the noise of x_t by 1 − (f + g²/b²)·dt: below −1 it makes more noise than it removes. */
function warnOfUnstableSteps(path: SdePath, times: readonly number[]): void {
  const unstable = (t: number, i: number): boolean => {
    if (i >= times.length - 2) return false; // the last step hands out its mean
    const rate = path.drift(t) + (path.diffusion(t) / path.noise(t)) ** 2;
    return 1 - rate * (t - times[i + 1]) < -1;
  };
  const i = times.findIndex(unstable);
  if (i < 0) return;
  const warning =
    `reverse SDE: with ${times.length - 1} steps the one from t = ${times[i].toPrecision(3)} on "${path.name}" is too long ` +
    `for Euler–Maruyama, and makes more noise than it removes: use more steps, or ddpm or dpm++2m-sde.`;
  if (warnedOf.has(warning)) return;
  warnedOf.add(warning);
  warn(warning, "UNSTABLE_STEPS");
}

/** One Langevin step x + ε·s + √(2ε)·z with ε = 2·(r·b)². */
function correct(x: tf.Tensor, score: tf.Tensor, z: tf.Tensor, deviation: number, snr: number): tf.Tensor {
  const step = 2 * (snr * deviation) ** 2;
  return tf.add(tf.add(x, tf.mul(score, step)), tf.mul(z, Math.sqrt(2 * step)));
}
