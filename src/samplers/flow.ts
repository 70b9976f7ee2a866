/** Samplers of flow matching: along the straight path, in t. */
import { requireKind } from "../base/kinds.js";
import { requireGaussianPath } from "../diffusion/paths/path.js";
import { requireSamplerOptions } from "./stepping/options.js";
import * as tf from "../runtime/tf.js";
import { requireChoice, requireNumbers } from "../base/values.js";
import { estimate, type Denoiser, requireDenoiser } from "../diffusion/denoiser.js";
import type { GaussianPath } from "../diffusion/paths/path.js";
import { samplerEntries, twiceButLast } from "./stepping/entry.js";
import { march } from "./stepping/march.js";
import type { SamplerOptions, SamplerStep } from "./stepping/sampler.js";
import { timeGrid } from "./stepping/time-grid.js";

export interface FlowOptions extends SamplerOptions {
  /** `"euler"` (order 1, one evaluation a step) or `"heun"` (order 2, two). Default "euler". */
  readonly method?: "euler" | "heun";
}

/**
 * The flow-matching ODE dx/dt = û = ε̂ − x̂_0 from noise (t = 1) to data (t = 0), straight in t. On the straight path
 * an Euler step is DDIM's; Heun's differs from the one in σ. Heun ends with an Euler step, t = 0 having no slope.
 *
 * Source: Lipman et al. 2023 (flow matching); Liu et al. 2023 (rectified flow), algorithm 1.
 * @param path `flowPath()`
 * @param xT x at the first time, [N, …]: z ~ N(0, I) at t = 1
 * @throws RangeError for a path that is not straight
 */
export function flow(
  denoiser: Denoiser,
  path: GaussianPath,
  xT: tf.Tensor,
  options: FlowOptions = {},
): Generator<SamplerStep, tf.Tensor> {
  requireDenoiser(denoiser);
  requireGaussianPath(path);
  requireSamplerOptions("flow", options, { method: true });
  const { method = "euler" } = options;
  requireChoice("method", method, ["euler", "heun"]);
  if (path.T !== 1 || [0.25, 0.5, 0.75].some((t) => path.signal(t) !== 1 - t || path.noise(t) !== t)) {
    throw new RangeError(
      `"${path.name}" is not the straight path x_t = (1 − t)·x_0 + t·ε, 0 ≤ t ≤ 1: use flowPath(), or euler and heun for other paths`,
    );
  }
  const times = timeGrid(path, options);
  const velocity = (x: tf.Tensor, t: number): { x0: tf.Tensor; u: tf.Tensor } => {
    const { x0, noise } = estimate(denoiser, path, x, t, options);
    return { x0, u: tf.sub(noise, x0) };
  };
  return march(`flow-${method}`, xT, times, (x, i) => {
    const [t, s] = [times[i], times[i + 1]];
    const { x0, u } = velocity(x, t);
    // x_s = x_t + (s − t)·û
    const predicted = tf.add(x, tf.mul(u, s - t));
    if (method === "euler" || s === 0) return { x0, next: predicted };
    // x_s = x_t + (s − t)·(û_t + û_s)/2
    return { x0, next: tf.add(x, tf.mul(tf.add(u, velocity(predicted, s).u), (s - t) / 2)) };
  });
}

export default samplerEntries(
  { name: "flow-euler", title: "Flow matching, Euler", order: 1, paths: "straight", run: flow },
  {
    name: "flow-heun",
    title: "Flow matching, Heun",
    order: 2,
    evaluations: twiceButLast,
    paths: "straight",
    run: (denoiser, path, xT, options) => flow(denoiser, path, xT, { ...options, method: "heun" }),
  },
);

/**
 * Moves the times of the straight path towards noise, as large images need: t' = shift·t/(1 + (shift − 1)·t).
 *
 * Source: Esser et al. 2024 (Stable Diffusion 3), equation 23.
 * @throws RangeError unless shift is finite and > 0 and all times lie in 0 … 1
 */
export function shiftTimes(times: readonly number[], shift: number): number[] {
  requireKind("shift", shift, "a number");
  requireNumbers("times", times);
  if (!(shift > 0 && shift < Infinity)) throw new RangeError(`shift must be finite and > 0, got ${shift}`);
  const outside = times.find((t) => !(t >= 0 && t <= 1));
  if (outside !== undefined) throw new RangeError(`times of the straight path lie in 0 … 1, got ${outside}`);
  return times.map((t) => (shift * t) / (1 + (shift - 1) * t));
}
