/** Linear multistep in σ: slopes of several steps combined. */
import { requireSamplerOptions } from "./stepping/options.js";
import * as tf from "../runtime/tf.js";
import { requireChoice } from "../base/values.js";
import type { Denoiser } from "../diffusion/denoiser.js";
import type { GaussianPath } from "../diffusion/paths/path.js";
import { samplerEntries } from "./stepping/entry.js";
import type { SamplerOptions, SamplerStep } from "./stepping/sampler.js";
import { marchInSigma } from "./stepping/sigma-space.js";

export interface LmsOptions extends SamplerOptions {
  /** How many slopes are combined, 1 … 4. Default 4; the first steps have fewer. */
  readonly order?: number;
}

/**
 * Linear multistep (Adams–Bashforth with variable steps) on dx̃/dσ = ε̂: x̃' = x̃ + Σ_j c_j·ε̂_{i−j}, where c_j is the
 * integral from σ to σ' of the Lagrange polynomial that is 1 at σ_{i−j} and 0 at the other known levels.
 *
 * Source: Hairer, Nørsett & Wanner, Solving Ordinary Differential Equations I, section III.5.
 * @see SamplerEntry.run, which says what xT is
 */
export function lms(
  denoiser: Denoiser,
  path: GaussianPath,
  xT: tf.Tensor,
  options: LmsOptions = {},
): Generator<SamplerStep, tf.Tensor> {
  requireSamplerOptions("lms", options, { order: true });
  const { order = 4 } = options;
  requireChoice("order", order, [1, 2, 3, 4]);
  return marchInSigma("lms", denoiser, path, xT, options, (state, from, to, { slope, i, memory, grid }) => {
    const { x0, noise } = slope(state, from);
    const slopes = [noise, ...memory].slice(0, order);
    const known = slopes.map((_, j) => grid[i - j].sigma);
    // x̃' = x̃ + Σ_j c_j·ε̂_{i−j}
    const next = slopes.reduce(
      (sum, d, j) => tf.add(sum, tf.mul(d, multistepWeight(known, j, from.sigma, to.sigma))),
      state,
    );
    return { x0, next, memory: slopes.slice(0, order - 1) };
  });
}

export default samplerEntries({ name: "lms", title: "Linear multistep, four slopes", order: 4, run: lms });

const GAUSS_NODES = [Math.sqrt(3 / 7 - (2 / 7) * Math.sqrt(6 / 5)), Math.sqrt(3 / 7 + (2 / 7) * Math.sqrt(6 / 5))];
const GAUSS_WEIGHTS = [(18 + Math.sqrt(30)) / 36, (18 - Math.sqrt(30)) / 36];

/** ∫ from a to b of the Lagrange polynomial of node j: exact, since four Gauss points integrate degree 7. */
function multistepWeight(nodes: readonly number[], j: number, a: number, b: number): number {
  const basis = (x: number): number =>
    nodes.reduce((product, node, k) => (k === j ? product : (product * (x - node)) / (nodes[j] - node)), 1);
  const [middle, half] = [(a + b) / 2, (b - a) / 2];
  return GAUSS_NODES.reduce(
    (sum, node, k) => sum + GAUSS_WEIGHTS[k] * half * (basis(middle + half * node) + basis(middle - half * node)),
    0,
  );
}
