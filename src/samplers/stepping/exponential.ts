import { halfLogSnr, type GaussianPath } from "../../diffusion/paths/path.js";

/** A time with its a, b and λ = ln(a/b): the coordinates of exponential integrators. */
export interface LambdaPoint {
  readonly t: number;
  readonly signal: number;
  readonly noise: number;
  /** Infinite at t = 0. */
  readonly lambda: number;
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

/** How many estimates the step from i may use when the chain ends at t = 0. */
export function orderLimit(points: readonly LambdaPoint[], i: number, steps: number): number {
  if (points[steps].noise > 0) return Infinity;
  if (i === steps - 1) return 1;
  return i === steps - 2 && steps < FEW_STEPS ? 2 : Infinity;
}
