/** UniPC: a multistep predictor in λ with a corrector that costs nothing. */
import { requireSamplerOptions } from "./stepping/options.js";
import * as tf from "../runtime/tf.js";
import { requireChoice } from "../base/values.js";
import type { Denoiser } from "../diffusion/denoiser.js";
import type { GaussianPath } from "../diffusion/paths/path.js";
import { samplerEntries } from "./stepping/entry.js";
import { marchInLambda, type LambdaPoint } from "./stepping/lambda-space.js";
import type { SamplerOptions, SamplerStep } from "./stepping/sampler.js";
import { solveLinear } from "../numeric/solve-linear.js";

export interface UniPcOptions extends SamplerOptions {
  /** p = 1, 2 or 3; predictor and corrector together converge with order p + 1. Default 2. */
  readonly order?: 1 | 2 | 3;
  /** B(h): `"bh2"` e^h − 1 (default, better with guidance) or `"bh1"` h. */
  readonly variant?: "bh1" | "bh2";
}

/**
 * UniPC: a multistep predictor in λ, and a corrector that reuses the next step's evaluation, so that it costs nothing.
 * The state a step shows is the predicted one. Works on x̂_0.
 *
 * Source: Zhao et al. 2023 (UniPC), algorithms 1 and 2 in their data-prediction form, and theorem 3.1.
 * @see SamplerEntry.run, which says what xT is
 */
export function unipc(
  denoiser: Denoiser,
  path: GaussianPath,
  xT: tf.Tensor,
  options: UniPcOptions = {},
): Generator<SamplerStep, tf.Tensor> {
  requireSamplerOptions("unipc", options, { order: true, variant: true });
  const { order = 2, variant = "bh2" } = options;
  requireChoice("order", order, [1, 2, 3]);
  requireChoice("variant", variant, ["bh1", "bh2"]);
  const name = order === 2 ? "unipc" : `unipc-${order}`;
  return marchInLambda(name, denoiser, path, xT, options, (x, from, _to, { i, memory, estimateAt, grid }) => {
    const [base, ...past] = memory;
    const steps = grid.length - 1;
    // With the end at t = 0 the order falls towards it.
    const orderAt = (k: number): number => Math.min(order, k + 1, grid[steps].noise === 0 ? steps - k : Infinity);
    const { x0 } = estimateAt(x, from);
    // `base` is the corrected state one step back, `past` the estimates from there on.
    const corrected = base ? update(base, past.slice(0, orderAt(i - 1)), grid, i - 1, variant, x0) : x;
    const known = [x0, ...past].slice(0, order);
    const next = update(corrected, known.slice(0, orderAt(i)), grid, i, variant);
    return { x0, next, memory: [corrected, ...known] };
  });
}

export default samplerEntries(
  { name: "unipc", title: "UniPC-2", order: 3, run: unipc },
  {
    name: "unipc-3",
    title: "UniPC-3",
    order: 4,
    run: (denoiser, path, xT, options) => unipc(denoiser, path, xT, { ...options, order: 3 }),
  },
);

/** From point i to i + 1 with estimates at i, i − 1, …; with `arrived`, the estimate at i + 1, it is the corrector. */
function update(
  x: tf.Tensor,
  known: readonly tf.Tensor[],
  points: readonly LambdaPoint[],
  i: number,
  variant: "bh1" | "bh2",
  arrived?: tf.Tensor,
): tf.Tensor {
  const [from, to] = [points[i], points[i + 1]];
  const h = to.lambda - from.lambda;
  // x' = (b'/b)·x + a'·(1 − e^{−h})·x̂_0 …
  const base = tf.add(tf.mul(x, to.noise / from.noise), tf.mul(known[0], -to.signal * Math.expm1(-h)));
  // Where λ is infinite (no signal, no noise) there is no expansion in h: the step is of first order.
  if (!Number.isFinite(h)) return base;
  const earlier = known.slice(1).filter((_, k) => Number.isFinite(points[i - 1 - k].lambda));
  const ratios = earlier.map((_, k) => (points[i - 1 - k].lambda - from.lambda) / h);
  const differences = earlier.map((estimateThen, k) => tf.div(tf.sub(estimateThen, known[0]), ratios[k]));
  if (arrived) {
    ratios.push(1);
    differences.push(tf.sub(arrived, known[0]));
  }
  if (differences.length === 0) return base;
  const scale = variant === "bh1" ? -h : Math.expm1(-h);
  const weights = orderWeights(ratios, h, scale);
  // … − a'·B(h)·Σ_k ρ_k·(x̂_0(t_k) − x̂_0)/r_k
  return differences.reduce(
    (sum, difference, k) => tf.sub(sum, tf.mul(difference, to.signal * scale * weights[k])),
    base,
  );
}

/** The ρ of R·ρ = φ/B that match the expansion in h; a single unknown is 1/2, as the authors take it. */
function orderWeights(ratios: readonly number[], h: number, scale: number): number[] {
  if (ratios.length === 1) return [0.5];
  let factorial = 1;
  let phi = Math.expm1(-h) / -h - 1;
  const rows: number[][] = [];
  const right: number[] = [];
  for (let power = 0; power < ratios.length; power++) {
    rows.push(ratios.map((ratio) => ratio ** power));
    right.push((phi * factorial) / scale);
    factorial *= power + 2;
    phi = phi / -h - 1 / factorial;
  }
  return solveLinear(rows, right);
}
