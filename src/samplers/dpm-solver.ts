/** DPM-Solver: single steps in λ, on ε̂. */
import { requireSamplerOptions } from "./stepping/options.js";
import * as tf from "../runtime/tf.js";
import { requireChoice } from "../base/values.js";
import type { Denoiser } from "../diffusion/denoiser.js";
import type { GaussianPath } from "../diffusion/paths/path.js";
import { samplerEntries, twiceButLast } from "./stepping/entry.js";
import { between, marchInLambda, type LambdaPoint } from "./stepping/lambda-space.js";
import type { SamplerOptions, SamplerStep } from "./stepping/sampler.js";
import { gridTimes, requireSignal } from "./stepping/time-grid.js";

export interface DpmSolverOptions extends SamplerOptions {
  /** 1, 2 or 3: the order, and the evaluations per step. Default 2. */
  readonly order?: 1 | 2 | 3;
}

/**
 * DPM-Solver-1, -2 and -3 (single step): the linear part of the probability-flow ODE is solved exactly in
 * λ = ln(a/b), only ε̂ is approximated. The step to t = 0, where λ is infinite, is of first order. Order 1 is DDIM.
 *
 * Source: Lu et al. 2022 (DPM-Solver), equation 3.7 and algorithms 1 and 2.
 * @see SamplerEntry.run, which says what xT is
 */
export function dpmSolver(
  denoiser: Denoiser,
  path: GaussianPath,
  xT: tf.Tensor,
  options: DpmSolverOptions = {},
): Generator<SamplerStep, tf.Tensor> {
  requireSamplerOptions("dpmSolver", options, { order: true });
  const { order = 2 } = options;
  requireChoice("order", order, [1, 2, 3]);
  requireSignal(path, gridTimes(path, options));
  const name = `dpm-solver-${order}`;
  return marchInLambda(name, denoiser, path, xT, options, (x, from, to, { estimateAt }) => {
    const { x0, noise } = estimateAt(x, from);
    const rule = to.noise === 0 || order === 1 ? first : order === 2 ? second : third;
    const epsilon: Epsilon = (state, at) => estimateAt(state, at).noise;
    return { x0, next: rule({ x, noise, from, to, path, epsilon }) };
  });
}

export default samplerEntries(
  {
    name: "dpm-solver-1",
    title: "DPM-Solver-1",
    order: 1,
    run: (denoiser, path, xT, options) => dpmSolver(denoiser, path, xT, { ...options, order: 1 }),
  },
  {
    name: "dpm-solver-2",
    title: "DPM-Solver-2",
    order: 2,
    evaluations: twiceButLast,
    run: (denoiser, path, xT, options) => dpmSolver(denoiser, path, xT, { ...options, order: 2 }),
  },
  {
    name: "dpm-solver-3",
    title: "DPM-Solver-3",
    order: 3,
    evaluations: (steps) => 3 * steps - 2,
    run: (denoiser, path, xT, options) => dpmSolver(denoiser, path, xT, { ...options, order: 3 }),
  },
);

type Epsilon = (x: tf.Tensor, at: LambdaPoint) => tf.Tensor;

interface Step {
  readonly x: tf.Tensor;
  readonly noise: tf.Tensor;
  readonly from: LambdaPoint;
  readonly to: LambdaPoint;
  readonly path: GaussianPath;
  readonly epsilon: Epsilon;
}

// x' = (a'/a)·x − b'·(e^h − 1)·ε̂, where b'·(e^h − 1) = a'·b/a − b' stays finite at b' = 0
function first({ x, noise, from, to }: Omit<Step, "path" | "epsilon">): tf.Tensor {
  const ratio = to.signal / from.signal;
  return tf.sub(tf.mul(x, ratio), tf.mul(noise, ratio * from.noise - to.noise));
}

function second({ x, noise, from, to, path, epsilon }: Step): tf.Tensor {
  const middle = between(path, from, to, 1 / 2);
  const u = first({ x, noise, from, to: middle });
  // x' = (a'/a)·x − b'·(e^h − 1)·ε̂(u)
  return first({ x, noise: epsilon(u, middle), from, to });
}

function third({ x, noise, from, to, path, epsilon }: Step): tf.Tensor {
  const [r1, r2] = [1 / 3, 2 / 3];
  const h = to.lambda - from.lambda;
  const [early, late] = [between(path, from, to, r1), between(path, from, to, r2)];
  const d1 = tf.sub(epsilon(first({ x, noise, from, to: early }), early), noise);
  // u₂ = (a₂/a)·x − b₂·(e^{r₂h} − 1)·ε̂ − b₂·(r₂/r₁)·((e^{r₂h} − 1)/(r₂h) − 1)·D₁
  const weight1 = late.noise * (r2 / r1) * (Math.expm1(r2 * h) / (r2 * h) - 1);
  const u2 = tf.sub(first({ x, noise, from, to: late }), tf.mul(d1, weight1));
  const d2 = tf.sub(epsilon(u2, late), noise);
  // x' = (a'/a)·x − b'·(e^h − 1)·ε̂ − (b'/r₂)·((e^h − 1)/h − 1)·D₂
  return tf.sub(first({ x, noise, from, to }), tf.mul(d2, (to.noise / r2) * (Math.expm1(h) / h - 1)));
}
