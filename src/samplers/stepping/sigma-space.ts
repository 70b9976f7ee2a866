/** The walk in σ: a step rule on x̃ = x/a, whatever the path. */
import { requireCommonOptions } from "./options.js";
import { requireKind } from "../../base/kinds.js";
import { requireFunction } from "../../base/values.js";
import * as tf from "../../runtime/tf.js";
import {
  estimate,
  type Denoiser,
  type Estimate,
  type EstimateOptions,
  requireDenoiser,
} from "../../diffusion/denoiser.js";
import { noiseLevel, type GaussianPath, requireGaussianPath } from "../../diffusion/paths/path.js";
import { march } from "./march.js";
import type { SamplerOptions, SamplerStep } from "./sampler.js";
import { requireSignal, timeGrid } from "./time-grid.js";

/** A time and its noise level σ = b/a. */
export interface SigmaPoint {
  readonly t: number;
  readonly sigma: number;
}

/** x̂_0 and the slope dx̃/dσ = ε̂ at x̃ = x/a. */
export type Slope = (state: tf.Tensor, at: SigmaPoint) => Estimate;

/** One step on x̃ from σ to the next, smaller σ. */
export type SigmaRule = (
  state: tf.Tensor,
  from: SigmaPoint,
  to: SigmaPoint,
  context: {
    readonly i: number;
    readonly memory: readonly tf.Tensor[];
    readonly slope: Slope;
    readonly grid: readonly SigmaPoint[];
  },
) => { readonly x0: tf.Tensor; readonly next: tf.Tensor; readonly memory?: readonly tf.Tensor[] };

/** The point of a path with a given σ, for levels between those of the grid. */
export function sigmaPoint(path: GaussianPath, sigma: number): SigmaPoint {
  requireKind("sigma", sigma, "a number");
  requireGaussianPath(path);
  return { t: path.timeAt(sigma), sigma };
}

/**
 * {@link march} for samplers of dx̃/dσ = ε̂(x̃, σ): whatever the path, x̃ = x/a obeys this one equation, so the rule
 * works on x̃ while the caller sees x.
 *
 * Source: Karras et al. 2022 (EDM), equation 1 with s(t) divided out.
 * @param name of the sampler, for messages
 * @throws RangeError where the path has no signal left (σ = ∞): start at a finite level, or use DDIM
 */
export function marchInSigma(
  name: string,
  denoiser: Denoiser,
  path: GaussianPath,
  xT: tf.Tensor,
  options: SamplerOptions,
  rule: SigmaRule,
): Generator<SamplerStep, tf.Tensor> {
  requireKind("name", name, "a text");
  requireDenoiser(denoiser);
  requireFunction("rule", rule, "(state, from, to) => ({ x0, next })");
  requireCommonOptions(name, options);
  const times = timeGrid(path, options);
  const grid = times.map((t) => ({ t, sigma: noiseLevel(path, t) }));
  requireSignal(path, times);
  const slope = slopeOf(denoiser, path, options);
  return march(name, xT, times, (x, i, memory) => {
    const state = tf.div(x, path.signal(times[i]));
    const { x0, next, memory: kept } = rule(state, grid[i], grid[i + 1], { i, memory, slope, grid });
    return { x0, next: tf.mul(next, path.signal(times[i + 1])), memory: kept };
  });
}

function slopeOf(denoiser: Denoiser, path: GaussianPath, options: EstimateOptions): Slope {
  return (state, { t }) => estimate(denoiser, path, tf.mul(state, path.signal(t)), t, options);
}
