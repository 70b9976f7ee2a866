/** From data back to the noise that DDIM would have made it from. */
import { requireKnownKeys } from "../../base/check.js";
import * as tf from "../../runtime/tf.js";
import { estimate, type Denoiser } from "../../diffusion/denoiser.js";
import type { GaussianPath } from "../../diffusion/paths/path.js";
import { requireStart, march } from "../stepping/march.js";
import type { SamplerOptions, SamplerStep } from "../stepping/sampler.js";
import { gridTimes } from "../stepping/time-grid.js";

export interface DdimInversionOptions extends Omit<SamplerOptions, "finish"> {
  /** Fixed-point passes per step. 1 (default) is the usual explicit inversion; a few make it the exact inverse of `ddim`. */
  readonly iterations?: number;
}

/**
 * Runs DDIM (η = 0) backwards, from data to the x_T it would have come from. Each step solves
 * x_t = (a_t/a_s)·x_s + (b_t − a_t·b_s/a_s)·ε̂(x_t, t) for x_t, starting from x_t ≈ x_s. To a time without signal
 * (a_t = 0, where ε̂ is x_t itself) it is x_t = (b_t/b_s)·(x_s − a_s·x̂_0(x_t, t)), from the same two halves.
 *
 * Source: Song et al. 2021 (DDIM), section 4.3; the fixed point as in Pan et al. 2023 (AIDI).
 * @param x0 data, [N, …]
 * @param options the same grid options as the `ddim` call it inverts
 * @throws RangeError for one step from data to a time without signal, which every noise would lead to
 */
export function ddimInversion(
  denoiser: Denoiser,
  path: GaussianPath,
  x0: tf.Tensor,
  options: DdimInversionOptions = {},
): Generator<SamplerStep, tf.Tensor> {
  requireKnownKeys("ddimInversion", options, {
    iterations: true,
    condition: "an object",
    steps: "a number",
    spacing: true,
    times: true,
    levels: true,
    clip: "a function",
    clipKeepsNoise: "true or false",
  });
  const { iterations = 1 } = options;
  if (!Number.isInteger(iterations) || iterations < 1)
    throw new RangeError(`iterations must be a whole number ≥ 1, got ${iterations}`);
  requireStart("x0", x0);
  const times = gridTimes(path, { ...options, finish: "data" }).reverse();
  const [first, second] = times;
  if (path.signal(second) === 0) {
    throw new RangeError(
      `at t = ${second} no signal is left of "${path.name}": one step from t = ${first} has no inverse, use more steps`,
    );
  }
  return march("ddim-inversion", x0, times, (x, i) => {
    const [s, t] = [times[i], times[i + 1]];
    const ratio = path.signal(t) / path.signal(s);
    let next = x;
    let estimated = x;
    for (let k = 0; k < iterations; k++) {
      const { x0: data, noise } = estimate(denoiser, path, next, t, options);
      estimated = data;
      if (ratio === 0) {
        // x_t = (b_t/b_s)·(x_s − a_s·x̂_0(x_t, t))
        next = tf.mul(tf.sub(x, tf.mul(data, path.signal(s))), path.noise(t) / path.noise(s));
        continue;
      }
      // x_t = (a_t/a_s)·x_s + (b_t − a_t·b_s/a_s)·ε̂(x_t, t)
      next = tf.add(tf.mul(x, ratio), tf.mul(noise, path.noise(t) - ratio * path.noise(s)));
    }
    return { x0: estimated, next };
  });
}
