/** The walk of exponential integrators: a step rule in λ = ln(a/b), where the linear part of the ODE is solved exactly. */
import type * as tf from "../../runtime/tf.js";
import { estimate, type Denoiser, type Estimate } from "../../diffusion/denoiser.js";
import { halfLogSnr, type GaussianPath } from "../../diffusion/paths/path.js";
import { march, type Advance } from "./march.js";
import type { SamplerOptions, SamplerStep } from "./sampler.js";
import { timeGrid } from "./time-grid.js";

/** A time with its a, b and λ = ln(a/b): the coordinates of exponential integrators. */
export interface LambdaPoint {
  readonly t: number;
  readonly signal: number;
  readonly noise: number;
  /** Infinite at t = 0. */
  readonly lambda: number;
}

/** One step on x from λ to the next, larger λ. */
export type LambdaRule = (
  x: tf.Tensor,
  from: LambdaPoint,
  to: LambdaPoint,
  context: {
    readonly i: number;
    readonly memory: readonly tf.Tensor[];
    /** x̂_0 and ε̂ of a state at a point. */
    readonly estimateAt: (state: tf.Tensor, at: LambdaPoint) => Estimate;
    readonly grid: readonly LambdaPoint[];
  },
) => Advance;

/**
 * {@link march} for samplers of the probability-flow ODE in λ: dx/dλ has a linear part that a rule solves exactly.
 *
 * Source: Lu et al. 2022 (DPM-Solver), proposition 3.1.
 * @param name of the sampler, for messages
 */
export function marchInLambda(
  name: string,
  denoiser: Denoiser,
  path: GaussianPath,
  xT: tf.Tensor,
  options: SamplerOptions,
  rule: LambdaRule,
): Generator<SamplerStep, tf.Tensor> {
  const times = timeGrid(path, options);
  const grid = times.map((t) => lambdaPoint(path, t));
  const estimateAt = (state: tf.Tensor, { t }: LambdaPoint): Estimate => estimate(denoiser, path, state, t, options);
  return march(name, xT, times, (x, i, memory) => rule(x, grid[i], grid[i + 1], { i, memory, estimateAt, grid }));
}

/** The point of a path at time t. */
export function lambdaPoint(path: GaussianPath, t: number): LambdaPoint {
  return { t, signal: path.signal(t), noise: path.noise(t), lambda: halfLogSnr(path, t) };
}

/** The point a share r of the way from one to the other in λ. */
export function between(path: GaussianPath, from: LambdaPoint, to: LambdaPoint, r: number): LambdaPoint {
  return lambdaPoint(path, path.timeAt(Math.exp(-(from.lambda + r * (to.lambda - from.lambda)))));
}

/** Up to this many steps the order also falls towards the end, as the authors advise. */
const FEW_STEPS = 15;

/** How many estimates the step from point i may use when the chain ends at t = 0. */
export function orderLimit(grid: readonly LambdaPoint[], i: number): number {
  const steps = grid.length - 1;
  if (grid[steps].noise > 0) return Infinity;
  if (i === steps - 1) return 1;
  return i === steps - 2 && steps < FEW_STEPS ? 2 : Infinity;
}
