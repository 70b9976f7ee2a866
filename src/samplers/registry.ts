import type * as tf from "../tf.js";
import type { SdePath } from "../diffusion/continuous-paths.js";
import type { Denoiser } from "../diffusion/denoiser.js";
import type { GaussianPath } from "../diffusion/path.js";
import { consistency } from "./consistency.js";
import { ddim } from "./ddim.js";
import { ddpm } from "./ddpm.js";
import { dpmSolver } from "./dpm-solver.js";
import { dpmSolverPlusPlus } from "./dpm-solver-plus-plus.js";
import { dpmSolverSde } from "./dpm-solver-sde.js";
import { euler } from "./euler.js";
import { eulerAncestral } from "./euler-ancestral.js";
import { flow } from "./flow.js";
import { heun } from "./heun.js";
import { annealedLangevin } from "./langevin.js";
import { lms } from "./lms.js";
import { pndm } from "./pndm.js";
import { predictorCorrector } from "./predictor-corrector.js";
import { probabilityFlow } from "./probability-flow.js";
import { reverseSde } from "./reverse-sde.js";
import type { SamplerStep, StochasticOptions } from "./sampler.js";
import { unipc } from "./unipc.js";

/** A sampler as lists show it: the command line, the lessons and the benchmark take theirs from here. */
export interface SamplerEntry {
  /** As on the command line. */
  readonly name: string;
  readonly title: string;
  /** Order of convergence to the probability-flow solution; for stochastic samplers that of the law (weak order). */
  readonly order: number;
  readonly stochastic: boolean;
  /** Evaluations of the denoiser for so many steps that end at t = 0; Infinity where the solver decides. */
  evaluations(steps: number): number;
  /**
   * The paths it works on: `"any"`, `"sde"` (has drift and diffusion) or `"straight"` (flow matching). Those that divide
   * by a(t) refuse to start where no signal is left, and say so.
   */
  readonly paths: "any" | "sde" | "straight";
  run(
    denoiser: Denoiser,
    path: GaussianPath,
    xT: tf.Tensor,
    options: StochasticOptions,
  ): Generator<SamplerStep, tf.Tensor>;
}

const each = (steps: number): number => steps;
const twiceButLast = (steps: number): number => 2 * steps - 1;

function entry(
  name: string,
  title: string,
  order: number,
  run: SamplerEntry["run"],
  rest: Partial<Pick<SamplerEntry, "stochastic" | "evaluations" | "paths">> = {},
): SamplerEntry {
  return Object.freeze({
    name,
    title,
    order,
    run,
    stochastic: false,
    evaluations: each,
    paths: "any",
    ...rest,
  } as const);
}

/** All samplers, simplest first. To add one: write its file and its line here. */
export const samplers: readonly SamplerEntry[] = Object.freeze([
  entry("ddpm", "DDPM, posterior variance", 1, (d, p, x, o) => ddpm(d, p, x, o), { stochastic: true }),
  entry("ddpm-large", "DDPM, variance β", 1, (d, p, x, o) => ddpm(d, p, x, { ...o, variance: "beta" }), {
    stochastic: true,
  }),
  entry("ddim", "DDIM, deterministic (η = 0)", 1, (d, p, x, o) => ddim(d, p, x, o)),
  entry("ddim-stochastic", "DDIM with η = 1", 1, (d, p, x, o) => ddim(d, p, x, { ...o, eta: 1 }), {
    stochastic: true,
  }),
  entry("euler", "Euler in σ", 1, euler),
  entry("euler-ancestral", "Euler with ancestral noise", 1, eulerAncestral, { stochastic: true }),
  entry("heun", "Heun (EDM)", 2, (d, p, x, o) => heun(d, p, x, o), { evaluations: twiceButLast }),
  entry("heun-churn", "Heun with churn 40 (EDM)", 2, (d, p, x, o) => heun(d, p, x, { ...o, churn: 40 }), {
    stochastic: true,
    evaluations: twiceButLast,
  }),
  entry("lms", "Linear multistep, four slopes", 4, (d, p, x, o) => lms(d, p, x, o)),
  entry("pndm", "PNDM, Runge–Kutta start", 2, (d, p, x, o) => pndm(d, p, x, o), {
    evaluations: (steps) => steps + 3 * Math.min(3, steps - 1),
  }),
  entry("plms", "PNDM, multistep start", 2, (d, p, x, o) => pndm(d, p, x, { ...o, start: "plms" }), {
    evaluations: (steps) => steps + (steps > 1 ? 1 : 0),
  }),
  entry("dpm-solver-1", "DPM-Solver-1", 1, (d, p, x, o) => dpmSolver(d, p, x, { ...o, order: 1 })),
  entry("dpm-solver-2", "DPM-Solver-2", 2, (d, p, x, o) => dpmSolver(d, p, x, { ...o, order: 2 }), {
    evaluations: twiceButLast,
  }),
  entry("dpm-solver-3", "DPM-Solver-3", 3, (d, p, x, o) => dpmSolver(d, p, x, { ...o, order: 3 }), {
    evaluations: (steps) => 3 * steps - 2,
  }),
  entry("dpm++1", "DPM-Solver++ 1", 1, (d, p, x, o) => dpmSolverPlusPlus(d, p, x, { ...o, order: 1 })),
  entry("dpm++2m", "DPM-Solver++ 2M", 2, (d, p, x, o) => dpmSolverPlusPlus(d, p, x, { ...o, order: 2 })),
  entry("dpm++3m", "DPM-Solver++ 3M", 3, (d, p, x, o) => dpmSolverPlusPlus(d, p, x, { ...o, order: 3 })),
  entry("dpm++2m-sde", "SDE-DPM-Solver++ 2M", 1, dpmSolverSde, { stochastic: true }),
  entry("unipc", "UniPC-2", 3, (d, p, x, o) => unipc(d, p, x, o)),
  entry("unipc-3", "UniPC-3", 4, (d, p, x, o) => unipc(d, p, x, { ...o, order: 3 })),
  entry("langevin", "Annealed Langevin, 10 steps a level", 1, (d, p, x, o) => annealedLangevin(d, p, x, o), {
    stochastic: true,
    evaluations: (steps) => 11 * steps,
  }),
  entry("reverse-sde", "Reverse SDE, Euler–Maruyama", 1, (d, p, x, o) => reverseSde(d, sde(p), x, o), {
    stochastic: true,
    paths: "sde",
  }),
  entry(
    "predictor-corrector",
    "Reverse SDE with Langevin corrector",
    1,
    (d, p, x, o) => predictorCorrector(d, sde(p), x, o),
    {
      stochastic: true,
      evaluations: twiceButLast,
      paths: "sde",
    },
  ),
  entry(
    "probability-flow",
    "Probability-flow ODE, adaptive",
    5,
    (d, p, x, o) => probabilityFlow(d, p, x, o),
    {
      evaluations: () => Infinity,
    },
  ),
  entry("flow-euler", "Flow matching, Euler", 1, (d, p, x, o) => flow(d, p, x, o), { paths: "straight" }),
  entry("flow-heun", "Flow matching, Heun", 2, (d, p, x, o) => flow(d, p, x, { ...o, method: "heun" }), {
    evaluations: twiceButLast,
    paths: "straight",
  }),
  entry(
    "consistency",
    "Consistency, one step",
    1,
    (d, p, x, o) => consistency(d, p, x, { ...o, steps: 1, times: undefined, levels: undefined }),
    {
      stochastic: true,
      evaluations: () => 1,
    },
  ),
]);

/** The sampler of that name. @throws RangeError that lists the names there are */
export function samplerNamed(name: string): SamplerEntry {
  const found = samplers.find((sampler) => sampler.name === name);
  if (!found)
    throw new RangeError(
      `there is no sampler "${name}": use one of ${samplers.map((sampler) => sampler.name).join(", ")}`,
    );
  return found;
}

function sde(path: GaussianPath): SdePath {
  return path as SdePath;
}
