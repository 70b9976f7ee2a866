/** DPM-Solver++: multistep in λ, on x̂_0. */
import { requireSamplerOptions } from "./stepping/options.js";
import * as tf from "../runtime/tf.js";
import { requireChoice } from "../base/values.js";
import type { Denoiser } from "../diffusion/denoiser.js";
import type { GaussianPath } from "../diffusion/paths/path.js";
import { samplerEntries } from "./stepping/entry.js";
import { marchInLambda, orderLimit, type LambdaPoint } from "./stepping/lambda-space.js";
import type { SamplerOptions, SamplerStep } from "./stepping/sampler.js";

export interface DpmSolverPlusPlusOptions extends SamplerOptions {
  /** 1, 2 (2M) or 3 (3M). Default 2. One evaluation per step whatever the order. */
  readonly order?: 1 | 2 | 3;
}

/**
 * DPM-Solver++ (multistep): exact in the linear part, with x̂_0 extrapolated in λ from earlier steps. The step to
 * t = 0 is of first order, and so are the first one (and, for 3M, the second of second order).
 *
 * Source: Lu et al. 2022 (DPM-Solver++), algorithm 2; the third order from the exponential integrals of its section 4.
 * @see SamplerEntry.run, which says what xT is
 */
export function dpmSolverPlusPlus(
  denoiser: Denoiser,
  path: GaussianPath,
  xT: tf.Tensor,
  options: DpmSolverPlusPlusOptions = {},
): Generator<SamplerStep, tf.Tensor> {
  requireSamplerOptions("dpmSolverPlusPlus", options, { order: true });
  const { order = 2 } = options;
  requireChoice("order", order, [1, 2, 3]);
  const name = order === 1 ? "dpm++1" : `dpm++${order}m`;
  return marchInLambda(name, denoiser, path, xT, options, (x, from, to, { i, memory, estimateAt, grid }) => {
    const { x0 } = estimateAt(x, from);
    const estimates = [x0, ...memory];
    const known = estimates.slice(0, Math.min(order, orderLimit(grid, i)));
    const at = grid.slice(i + 1 - known.length, i + 1).reverse();
    return { x0, next: multistep(x, known, at, to), memory: estimates.slice(0, order - 1) };
  });
}

export default samplerEntries(
  {
    name: "dpm++1",
    title: "DPM-Solver++ 1",
    order: 1,
    run: (denoiser, path, xT, options) => dpmSolverPlusPlus(denoiser, path, xT, { ...options, order: 1 }),
  },
  {
    name: "dpm++2m",
    title: "DPM-Solver++ 2M",
    order: 2,
    run: (denoiser, path, xT, options) => dpmSolverPlusPlus(denoiser, path, xT, { ...options, order: 2 }),
  },
  {
    name: "dpm++3m",
    title: "DPM-Solver++ 3M",
    order: 3,
    run: (denoiser, path, xT, options) => dpmSolverPlusPlus(denoiser, path, xT, { ...options, order: 3 }),
  },
);

/** One step from `at[0]` to `to` with the estimates x̂_0 at `at[0]`, `at[1]`, … (latest first). */
function multistep(x: tf.Tensor, known: readonly tf.Tensor[], at: readonly LambdaPoint[], to: LambdaPoint): tf.Tensor {
  const h = to.lambda - at[0].lambda;
  const decay = -Math.expm1(-h);
  // x' = (b'/b)·x + a'·(1 − e^{−h})·x̂_0
  const base = tf.add(tf.mul(x, to.noise / at[0].noise), tf.mul(known[0], to.signal * decay));
  if (known.length === 1) return base;
  const r0 = (at[0].lambda - at[1].lambda) / h;
  const d10 = tf.div(tf.sub(known[0], known[1]), r0);
  // 2M: x' += a'·(1 − e^{−h})/2·D₁
  if (known.length === 2) return tf.add(base, tf.mul(d10, (to.signal * decay) / 2));
  const r1 = (at[1].lambda - at[2].lambda) / h;
  const change = tf.sub(d10, tf.div(tf.sub(known[1], known[2]), r1));
  const d1 = tf.add(d10, tf.mul(change, r0 / (r0 + r1)));
  // h²·x̂_0'': twice the second divided difference. Common implementations leave the 2 out and are of second order.
  const d2 = tf.mul(change, 2 / (r0 + r1));
  // 3M: x' += a'·(1 − (1 − e^{−h})/h)·D₁ + a'·(1/2 − (h − 1 + e^{−h})/h²)·D₂
  const weight1 = to.signal * (1 - decay / h);
  const weight2 = to.signal * (0.5 - (h - decay) / h ** 2);
  return tf.add(base, tf.add(tf.mul(d1, weight1), tf.mul(d2, weight2)));
}
