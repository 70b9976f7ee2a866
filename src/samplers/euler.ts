/** Euler's method in σ, the simplest solver of the probability-flow ODE. */
import { requireSamplerOptions } from "./stepping/options.js";
import * as tf from "../runtime/tf.js";
import type { Denoiser } from "../diffusion/denoiser.js";
import type { GaussianPath } from "../diffusion/paths/path.js";
import { samplerEntries } from "./stepping/entry.js";
import type { SamplerOptions, SamplerStep } from "./stepping/sampler.js";
import { marchInSigma } from "./stepping/sigma-space.js";

/**
 * Euler's method on dx̃/dσ = ε̂: x̃' = x̃ + (σ' − σ)·ε̂. The same numbers as DDIM with η = 0.
 *
 * Source: Karras et al. 2022 (EDM), algorithm 1 without the correction.
 * @see SamplerEntry.run, which says what xT is
 */
export function euler(
  denoiser: Denoiser,
  path: GaussianPath,
  xT: tf.Tensor,
  options: SamplerOptions = {},
): Generator<SamplerStep, tf.Tensor> {
  requireSamplerOptions("euler", options, {});
  return marchInSigma("euler", denoiser, path, xT, options, (state, from, to, { slope }) => {
    const { x0, noise } = slope(state, from);
    // x̃' = x̃ + (σ' − σ)·ε̂, with x̃ = x̂_0 + σ·ε̂ put in: where σ is large, x̂_0 would be lost in float32
    return { x0, next: tf.add(x0, tf.mul(noise, to.sigma)) };
  });
}

export default samplerEntries({ name: "euler", title: "Euler in σ", order: 1, run: euler });
