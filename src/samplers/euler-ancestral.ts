/** Euler steps with noise put back in. */
import { requireSamplerOptions } from "./stepping/options.js";
import * as tf from "../runtime/tf.js";
import type { Denoiser } from "../diffusion/denoiser.js";
import type { GaussianPath } from "../diffusion/paths/path.js";
import { samplerEntries } from "./stepping/entry.js";
import { drawNoise } from "./stepping/noise-source.js";
import type { SamplerStep, StochasticOptions } from "./stepping/sampler.js";
import { marchInSigma } from "./stepping/sigma-space.js";

export interface EulerAncestralOptions extends StochasticOptions {
  /** Share of the ancestral noise: 1 (default) is DDPM's, 0 is Euler. */
  readonly eta?: number;
}

/**
 * An Euler step down to σ_down, then noise up to σ': σ_up² = η²·σ'²·(σ² − σ'²)/σ², σ_down² = σ'² − σ_up².
 * The same numbers as DDIM with that η.
 *
 * Source: Song et al. 2021 (DDIM), equation 16, written in σ (Crowson, k-diffusion).
 * @see SamplerEntry.run, which says what xT is
 */
export function eulerAncestral(
  denoiser: Denoiser,
  path: GaussianPath,
  xT: tf.Tensor,
  options: EulerAncestralOptions,
): Generator<SamplerStep, tf.Tensor> {
  requireSamplerOptions("eulerAncestral", options, { eta: "a number" });
  const { eta = 1, noise: draw } = options;
  if (!(eta >= 0 && eta <= 1)) throw new RangeError(`eta must lie in 0 … 1, got ${eta}`);
  return marchInSigma("euler-ancestral", denoiser, path, xT, options, (state, from, to, { slope, i }) => {
    const { x0, noise } = slope(state, from);
    const ratio = Math.min(1, to.sigma / from.sigma);
    // σ_up² = η²·σ'²·(1 − r²), σ_down² = σ'²·(1 − η² + η²·r²) with r = σ'/σ: sums and products of what is never below 0
    const up = eta * to.sigma * Math.sqrt((1 - ratio) * (1 + ratio));
    const down = to.sigma * Math.sqrt((1 - eta) * (1 + eta) + (eta * ratio) ** 2);
    // x̃' = x̃ + (σ_down − σ)·ε̂ + σ_up·z, with x̃ = x̂_0 + σ·ε̂ put in: where σ is large, x̂_0 would be lost in float32
    const mean = tf.add(x0, tf.mul(noise, down));
    return { x0, next: up === 0 ? mean : tf.add(mean, tf.mul(drawNoise(draw, i + 1, state), up)) };
  });
}

export default samplerEntries({
  name: "euler-ancestral",
  title: "Euler with ancestral noise",
  order: 1,
  stochastic: true,
  run: eulerAncestral,
});
