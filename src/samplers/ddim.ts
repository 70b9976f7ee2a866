/** DDIM: steps over many times at once, with as little noise as one likes. */
import { requireSamplerOptions } from "./stepping/options.js";
import * as tf from "../runtime/tf.js";
import { estimate, type Denoiser } from "../diffusion/denoiser.js";
import type { GaussianPath } from "../diffusion/paths/path.js";
import { levelAt, posteriorCoefficients } from "../diffusion/posterior.js";
import { samplerEntries } from "./stepping/entry.js";
import { march } from "./stepping/march.js";
import { drawNoise } from "./stepping/noise-source.js";
import type { NoiseSource, SamplerOptions, SamplerStep } from "./stepping/sampler.js";
import { timeGrid } from "./stepping/time-grid.js";

export interface DdimOptions extends SamplerOptions {
  /** 0 (default): deterministic; 1: the noise of DDPM with posterior variance; between: between. */
  readonly eta?: number;
  /** Needed where eta > 0. */
  readonly noise?: NoiseSource;
}

/**
 * x_s = √ᾱ_s·x̂_0 + √(1 − ᾱ_s − σ²)·ε̂ + σ·z with σ² = η²·β̃: the same marginals as DDPM with any amount of noise.
 *
 * Source: Song et al. 2021 (DDIM), equations 12 and 16.
 * @see SamplerEntry.run, which says what xT is
 * @returns samples, same shape
 * @throws RangeError for eta outside 0 … 1, or eta > 0 without `noise`
 */
export function ddim(
  denoiser: Denoiser,
  path: GaussianPath,
  xT: tf.Tensor,
  options: DdimOptions = {},
): Generator<SamplerStep, tf.Tensor> {
  requireSamplerOptions("ddim", options, { eta: "a number" });
  const { eta = 0, noise } = options;
  if (!(eta >= 0 && eta <= 1)) throw new RangeError(`eta must lie in 0 … 1, got ${eta}`);
  if (eta > 0 && !noise)
    throw new RangeError(`eta = ${eta} adds noise: give a noise source, for instance normalNoise(seed)`);
  const times = timeGrid(path, options);
  return march("ddim", xT, times, (x, i) => {
    const [t, s] = [times[i], times[i + 1]];
    const { x0, noise: direction } = estimate(denoiser, path, x, t, options);
    const to = levelAt(path, s);
    // σ² = η²·β̃_{t→s}
    const { variance: posteriorVariance, stateWeight } = posteriorCoefficients(to, levelAt(path, t));
    const variance = eta ** 2 * posteriorVariance;
    // 1 − ᾱ_s − σ² = (1 − η²)·b_s² + η²·(w·b_t)², w the weight of x_t: b_s² − β̃ = (w·b_t)², and no difference is taken
    const kept = (1 - eta) * (1 + eta) * to.noise ** 2 + (eta * stateWeight * path.noise(t)) ** 2;
    // x_s = √ᾱ_s·x̂_0 + √(1 − ᾱ_s − σ²)·ε̂ + σ·z
    const mean = tf.add(tf.mul(x0, to.signal), tf.mul(direction, Math.sqrt(kept)));
    if (variance === 0 || !noise) return { x0, next: mean };
    return { x0, next: tf.add(mean, tf.mul(drawNoise(noise, i + 1, x), Math.sqrt(variance))) };
  });
}

export default samplerEntries(
  { name: "ddim", title: "DDIM, deterministic (η = 0)", order: 1, run: ddim },
  {
    name: "ddim-stochastic",
    title: "DDIM with η = 1",
    order: 1,
    stochastic: true,
    run: (denoiser, path, xT, options) => ddim(denoiser, path, xT, { ...options, eta: 1 }),
  },
);
