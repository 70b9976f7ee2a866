/** SDE-DPM-Solver++: the reverse SDE, multistep in λ. */
import { requireSamplerOptions } from "./stepping/options.js";
import * as tf from "../runtime/tf.js";
import type { Denoiser } from "../diffusion/denoiser.js";
import type { GaussianPath } from "../diffusion/paths/path.js";
import { samplerEntries } from "./stepping/entry.js";
import { marchInLambda, orderLimit } from "./stepping/lambda-space.js";
import { drawNoise } from "./stepping/noise-source.js";
import type { SamplerStep, StochasticOptions } from "./stepping/sampler.js";

/**
 * SDE-DPM-Solver++ (2M): the reverse SDE with its linear part and its noise solved exactly, x̂_0 extrapolated from the
 * step before: x' = (b'/b)·e^{−h}·x + a'·(1 − e^{−2h})·D + b'·√(1 − e^{−2h})·z.
 *
 * Measured on Gaussian data its law converges with order 2.
 *
 * Source: Lu et al. 2022 (DPM-Solver++), section on solving the diffusion SDE.
 * @see SamplerEntry.run, which says what xT is
 */
export function dpmSolverSde(
  denoiser: Denoiser,
  path: GaussianPath,
  xT: tf.Tensor,
  options: StochasticOptions,
): Generator<SamplerStep, tf.Tensor> {
  requireSamplerOptions("dpmSolverSde", options, {});
  return marchInLambda("dpm++2m-sde", denoiser, path, xT, options, (x, from, to, { i, memory, estimateAt, grid }) => {
    const { x0 } = estimateAt(x, from);
    if (to.noise === 0) return { x0, next: x0 };
    const [previous] = memory;
    const h = to.lambda - from.lambda;
    // D = x̂_0 + (x̂_0 − x̂_0^prev)/(2r), r = h_prev/h
    const data =
      previous && orderLimit(grid, i) > 1
        ? tf.add(x0, tf.mul(tf.sub(x0, previous), h / (2 * (from.lambda - grid[i - 1].lambda))))
        : x0;
    const decay = Math.max(0, -Math.expm1(-2 * h));
    const mean = tf.add(tf.mul(x, (to.noise / from.noise) * Math.exp(-h)), tf.mul(data, to.signal * decay));
    const next = tf.add(mean, tf.mul(drawNoise(options.noise, i + 1, x), to.noise * Math.sqrt(decay)));
    return { x0, next, memory: [x0] };
  });
}

export default samplerEntries({
  name: "dpm++2m-sde",
  title: "SDE-DPM-Solver++ 2M",
  order: 2,
  stochastic: true,
  run: dpmSolverSde,
});
