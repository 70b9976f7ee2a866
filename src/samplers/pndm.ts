/** PNDM and PLMS: multistep on ε̂ in t. */
import { requireSamplerOptions } from "./stepping/options.js";
import * as tf from "../runtime/tf.js";
import { requireChoice } from "../base/values.js";
import { estimate, type Denoiser, type Estimate } from "../diffusion/denoiser.js";
import type { GaussianPath } from "../diffusion/paths/path.js";
import { samplerEntries } from "./stepping/entry.js";
import { shortFirstStep } from "./stepping/first-step.js";
import { march } from "./stepping/march.js";
import type { SamplerOptions, SamplerStep } from "./stepping/sampler.js";
import { requireSignal, timeGrid } from "./stepping/time-grid.js";

export interface PndmOptions extends SamplerOptions {
  /**
   * How the first three steps get their history: `"runge-kutta"` (default; F-PNDM, four evaluations each) or `"plms"`
   * (pseudo improved Euler once, then multistep formulas of growing order).
   */
  readonly start?: "runge-kutta" | "plms";
}

/** Adams–Bashforth weights for evenly spaced times, latest first. */
const ADAMS_BASHFORTH: readonly (readonly number[])[] = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
];

/**
 * Pseudo numerical methods: a classical multistep formula chooses ε', the DDIM transfer makes the step with it:
 * x' = (a'/a)·x + (b' − a'·b/a)·ε'. The weights are those of evenly spaced times. Second order.
 *
 * Source: Liu et al. 2022 (PNDM), section 3 and algorithms 1 and 2.
 * @see SamplerEntry.run, which says what xT is
 */
export function pndm(
  denoiser: Denoiser,
  path: GaussianPath,
  xT: tf.Tensor,
  options: PndmOptions = {},
): Generator<SamplerStep, tf.Tensor> {
  requireSamplerOptions("pndm", options, { start: true });
  const { start = "runge-kutta" } = options;
  requireChoice("start", start, ["runge-kutta", "plms"]);
  const name = start === "plms" ? "plms" : "pndm";
  const times = timeGrid(path, shortFirstStep(name, path, options));
  requireSignal(path, times);
  const at = (x: tf.Tensor, t: number): Estimate => estimate(denoiser, path, x, t, options);
  return march(name, xT, times, (x, i, memory) => {
    const [t, s] = [times[i], times[i + 1]];
    const { x0, noise } = at(x, t);
    const history = [noise, ...memory].slice(0, 4);
    let direction: tf.Tensor;
    if (start === "runge-kutta" && i < 3 && s > 0) direction = rungeKutta(path, at, x, noise, t, s);
    else if (start === "plms" && i === 0 && s > 0) {
      // ε' = (ε̂ + ε̂(x', s))/2
      direction = tf.div(tf.add(noise, at(transfer(path, x, noise, t, s), s).noise), 2);
    } else direction = combine(history, ADAMS_BASHFORTH[history.length - 1]);
    return { x0, next: transfer(path, x, direction, t, s), memory: history.slice(0, 3) };
  });
}

export default samplerEntries(
  {
    name: "pndm",
    title: "PNDM, Runge–Kutta start",
    order: 2,
    evaluations: (steps) => steps + 3 * Math.min(3, steps - 1),
    run: pndm,
  },
  {
    name: "plms",
    title: "PNDM, multistep start",
    order: 2,
    evaluations: (steps) => steps + (steps > 1 ? 1 : 0),
    run: (denoiser, path, xT, options) => pndm(denoiser, path, xT, { ...options, start: "plms" }),
  },
);

/** The DDIM step with a given ε: x' = (a'/a)·x + (b' − a'·b/a)·ε. */
function transfer(path: GaussianPath, x: tf.Tensor, noise: tf.Tensor, t: number, s: number): tf.Tensor {
  const ratio = path.signal(s) / path.signal(t);
  return tf.add(tf.mul(x, ratio), tf.mul(noise, path.noise(s) - ratio * path.noise(t)));
}

function rungeKutta(
  path: GaussianPath,
  at: (x: tf.Tensor, t: number) => Estimate,
  x: tf.Tensor,
  first: tf.Tensor,
  t: number,
  s: number,
): tf.Tensor {
  const middle = (t + s) / 2;
  const second = at(transfer(path, x, first, t, middle), middle).noise;
  const third = at(transfer(path, x, second, t, middle), middle).noise;
  const fourth = at(transfer(path, x, third, t, s), s).noise;
  // ε' = (ε₁ + 2ε₂ + 2ε₃ + ε₄)/6
  return combine([first, second, third, fourth], [1 / 6, 1 / 3, 1 / 3, 1 / 6]);
}

function combine(values: readonly tf.Tensor[], weights: readonly number[]): tf.Tensor {
  return values.map((value, k) => tf.mul(value, weights[k])).reduce((sum, term) => tf.add(sum, term));
}
