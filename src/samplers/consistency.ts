/** Consistency sampling: a network distilled to reach the data in one step. */
import { requireSamplerOptions } from "./stepping/options.js";
import * as tf from "../runtime/tf.js";
import { estimate, type Denoiser } from "../diffusion/denoiser.js";
import type { GaussianPath } from "../diffusion/paths/path.js";
import { samplerEntries } from "./stepping/entry.js";
import { march } from "./stepping/march.js";
import { drawNoise } from "./stepping/noise-source.js";
import type { SamplerStep, StochasticOptions } from "./stepping/sampler.js";
import { timeGrid } from "./stepping/time-grid.js";

/**
 * Consistency sampling: one evaluation maps x_T to data; each further step noises that estimate to the next time and
 * maps it again: x_s = a_s·x̂_0 + b_s·z. With `steps: 1` (the default) it is a single evaluation.
 *
 * Source: Song et al. 2023 (consistency models), algorithm 1.
 * @param denoiser a consistency model, or any denoiser to see what one step gives
 * @see SamplerEntry.run, which says what xT is
 */
export function consistency(
  denoiser: Denoiser,
  path: GaussianPath,
  xT: tf.Tensor,
  options: StochasticOptions,
): Generator<SamplerStep, tf.Tensor> {
  requireSamplerOptions("consistency", options, {});
  const times = timeGrid(path, options.times || options.levels ? options : { ...options, steps: options.steps ?? 1 });
  return march("consistency", xT, times, (x, i) => {
    const s = times[i + 1];
    const { x0 } = estimate(denoiser, path, x, times[i], options);
    if (s === 0) return { x0, next: x0 };
    // x_s = a_s·x̂_0 + b_s·z
    const z = drawNoise(options.noise, i + 1, x);
    return { x0, next: tf.add(tf.mul(x0, path.signal(s)), tf.mul(z, path.noise(s))) };
  });
}

export default samplerEntries({
  name: "consistency",
  title: "Consistency, one step",
  order: null, // always one step
  stochastic: true,
  evaluations: () => 1,
  choosesSteps: true,
  run: consistency,
});
