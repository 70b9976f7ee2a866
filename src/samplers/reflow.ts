/** Pairs of noise and data for the next round of rectified flow. */
import { requireSamplerOptions } from "./stepping/options.js";
import type * as tf from "../runtime/tf.js";
import type { Denoiser } from "../diffusion/denoiser.js";
import type { GaussianPath } from "../diffusion/paths/path.js";
import { flow, type FlowOptions } from "./flow.js";

/** Noise and the data that the flow carries it to: what the next round of rectified flow trains on. */
export interface ReflowPairs {
  readonly noise: tf.Tensor;
  readonly x0: tf.Tensor;
}

/**
 * Reflow: pairs each noise with the sample that the flow makes of it. Training the straight velocity again on these
 * pairs (`trainingTarget(path, "flow", x0, t, noise)` with the pair's own noise) makes the paths straighter, until one
 * Euler step is enough.
 *
 * Source: Liu et al. 2023 (rectified flow), algorithm 1, procedure "Reflow".
 * @param noise ε ~ N(0, I), [N, …]; handed through, still owned by the caller
 * @returns `x0` is owned by the caller
 */
export function reflowPairs(
  denoiser: Denoiser,
  path: GaussianPath,
  noise: tf.Tensor,
  options: FlowOptions = {},
): ReflowPairs {
  requireSamplerOptions("reflowPairs", options, { method: true });
  const sampler = flow(denoiser, path, noise, options);
  let step = sampler.next();
  while (!step.done) step = sampler.next();
  return { noise, x0: step.value };
}
