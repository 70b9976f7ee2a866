/** Heun's method in σ, with the churn of EDM. */
import { requireDenoiser } from "../diffusion/denoiser.js";
import { requireSamplerOptions } from "./stepping/options.js";
import * as tf from "../runtime/tf.js";
import type { Denoiser } from "../diffusion/denoiser.js";
import { noiseLevel, type GaussianPath, requireGaussianPath } from "../diffusion/paths/path.js";
import { samplerEntries, twiceButLast } from "./stepping/entry.js";
import { drawNoise } from "./stepping/noise-source.js";
import type { NoiseSource, SamplerOptions, SamplerStep } from "./stepping/sampler.js";
import { shortFirstStep } from "./stepping/first-step.js";
import { marchInSigma, sigmaPoint } from "./stepping/sigma-space.js";

export interface HeunOptions extends SamplerOptions {
  /** S_churn ≥ 0: noise put in and taken out again, in all steps together. Default 0, deterministic. */
  readonly churn?: number;
  /** Churn only where churnRange[0] ≤ σ ≤ churnRange[1]. Default everywhere. */
  readonly churnRange?: readonly [number, number];
  /** S_noise, the standard deviation of the churned noise. Default 1. */
  readonly churnNoise?: number;
  /** Needed where churn > 0. */
  readonly noise?: NoiseSource;
}

/**
 * Heun's method on dx̃/dσ = ε̂, with optional churn; the step to σ = 0 is an Euler step. Second order, two evaluations a step.
 *
 * Source: Karras et al. 2022 (EDM), algorithm 2. The raised σ̂ stays within the path's range.
 * @see SamplerEntry.run, which says what xT is
 * @throws RangeError for churn > 0 without `noise`
 */
export function heun(
  denoiser: Denoiser,
  path: GaussianPath,
  xT: tf.Tensor,
  options: HeunOptions = {},
): Generator<SamplerStep, tf.Tensor> {
  requireDenoiser(denoiser);
  requireGaussianPath(path);
  requireSamplerOptions("heun", options, { churn: "a number", churnRange: "a list", churnNoise: "a number" });
  const { churn = 0, churnRange = [0, Infinity], churnNoise = 1, noise: draw } = options;
  if (!(churn >= 0)) throw new RangeError(`churn must be ≥ 0, got ${churn}`);
  if (!(churnNoise >= 0)) throw new RangeError(`churnNoise must be ≥ 0, got ${churnNoise}`);
  if (!(churnRange[0] <= churnRange[1]))
    throw new RangeError(`churnRange must be two rising levels, got ${churnRange}`);
  if (churn > 0 && !draw)
    throw new RangeError(`churn = ${churn} adds noise: give a noise source, for instance normalNoise(seed)`);
  const highest = noiseLevel(path, path.T);
  const short = shortFirstStep("heun", path, options);
  return marchInSigma("heun", denoiser, path, xT, short, (start, from, to, { slope, i, grid }) => {
    let [state, here] = [start, from];
    if (churn > 0 && draw && from.sigma >= churnRange[0] && from.sigma <= churnRange[1]) {
      // γ = min(S_churn/n, √2 − 1), σ̂ = (1 + γ)·σ
      const gamma = Math.min(churn / (grid.length - 1), Math.SQRT2 - 1);
      here = sigmaPoint(path, Math.min((1 + gamma) * from.sigma, highest));
      // x̂ = x̃ + √(σ̂² − σ²)·S_noise·z
      const added = churnNoise * Math.sqrt(Math.max(0, here.sigma - from.sigma) * (here.sigma + from.sigma));
      state = tf.add(start, tf.mul(drawNoise(draw, i + 1, start), added));
    }
    const first = slope(state, here);
    const step = to.sigma - here.sigma;
    // x̃' = x̂ + (σ' − σ̂)·d
    const predicted = tf.add(state, tf.mul(first.noise, step));
    if (to.sigma === 0) return { x0: first.x0, next: predicted };
    const second = slope(predicted, to);
    // x̃' = x̂ + (σ' − σ̂)·(d + d')/2
    return { x0: first.x0, next: tf.add(state, tf.mul(tf.add(first.noise, second.noise), step / 2)) };
  });
}

export default samplerEntries(
  { name: "heun", title: "Heun (EDM)", order: 2, evaluations: twiceButLast, run: heun },
  {
    name: "heun-churn",
    title: "Heun with churn 40 (EDM)",
    order: 2, // above 40/(√2 − 1) = 97 steps, where γ is no longer held at √2 − 1
    stochastic: true,
    evaluations: twiceButLast,
    run: (denoiser, path, xT, options) => heun(denoiser, path, xT, { ...options, churn: 40 }),
  },
);
