/** How a sampler's file describes it to the registry. */
import { requireKnownKeys } from "../../base/check.js";
import { requireKind } from "../../base/kinds.js";
import { requireLike } from "../../base/values.js";
import type * as tf from "../../runtime/tf.js";
import type { Denoiser } from "../../diffusion/denoiser.js";
import type { GaussianPath } from "../../diffusion/paths/path.js";
import type { SamplerStep, StochasticOptions } from "./sampler.js";

/** A sampler as lists show it: the command line, the lessons and the benchmark take theirs from `samplers`. */
export interface SamplerEntry {
  /** As on the command line. */
  readonly name: string;
  readonly title: string;
  /**
   * Order of convergence to the probability-flow solution; for stochastic samplers that of the law (weak order), measured
   * on the variance of Gaussian data. Null where more steps do not bring the error to 0.
   */
  readonly order: number | null;
  readonly stochastic: boolean;
  /** Evaluations of the denoiser for so many steps that end at t = 0; Infinity where the solver decides. */
  evaluations(steps: number): number;
  /** It chooses its steps itself, and refuses `steps`, `spacing`, `times`, `levels` and `finish`. */
  readonly choosesSteps: boolean;
  /**
   * The paths it works on: `"any"`, `"sde"` (has drift and diffusion) or `"straight"` (flow matching). Those that divide
   * by a(t) refuse to start where no signal is left, and say so.
   */
  readonly paths: "any" | "sde" | "straight";
  /**
   * Starts the sampler; {@link sample} runs it to its end.
   *
   * @param denoiser made for `path`
   * @param xT x at the first time, [N, …]: z ~ N(0, I), times `path.noise(path.T)` where the variance explodes (VE, EDM)
   * @throws RangeError, before any evaluation, for options it does not take and an xT that is no batch of finite numbers
   */
  run(
    denoiser: Denoiser,
    path: GaussianPath,
    xT: tf.Tensor,
    options: StochasticOptions,
  ): Generator<SamplerStep, tf.Tensor>;
}

/** What a sampler's file says of it: deterministic, on any path, one evaluation a step, as many as asked for, unless it says otherwise. */
export type SamplerDescription = Pick<SamplerEntry, "name" | "title" | "order" | "run"> &
  Partial<Pick<SamplerEntry, "stochastic" | "evaluations" | "choosesSteps" | "paths">>;

/**
 * The default export of a sampler's file: its entries in the registry, one for each of its forms that has a name.
 *
 * @throws RangeError for a name that is no word of the command line
 */
export function samplerEntries(...descriptions: readonly SamplerDescription[]): readonly SamplerEntry[] {
  for (const description of descriptions) {
    requireLike("a sampler", description, ["name", "title", "run"], "{ name, title, order, run }");
    requireKnownKeys("a sampler", description, {
      name: "a text",
      title: "a text",
      order: "a number or null",
      stochastic: "true or false",
      evaluations: "a function",
      choosesSteps: "true or false",
      paths: ["any", "sde", "straight"],
      run: "a function",
    });
  }
  return Object.freeze(
    descriptions.map((description) => {
      if (!/^[a-z0-9][a-z0-9+-]*$/.test(description.name))
        throw new RangeError(`a sampler's name has small letters, digits, "+" and "-", got "${description.name}"`);
      const usual = {
        stochastic: false,
        choosesSteps: false,
        paths: "any",
        evaluations: (steps: number) => steps,
      } as const;
      const entry = { ...usual, ...description };
      return Object.freeze(entry.choosesSteps ? { ...entry, run: withoutSteps(entry) } : entry);
    }),
  );
}

function withoutSteps({ name, run }: Pick<SamplerEntry, "name" | "run">): SamplerEntry["run"] {
  return (denoiser, path, xT, options) => {
    const { steps, spacing, times, levels, finish } = options;
    const given = Object.entries({ steps, spacing, times, levels, finish }).filter(([, value]) => value !== undefined);
    if (given.length > 0) {
      throw new RangeError(
        `"${name}" chooses its steps itself: leave out ${given.map(([option]) => option).join(" and ")}`,
      );
    }
    return run(denoiser, path, xT, options);
  };
}

/** Two evaluations a step, one for the last, which ends at t = 0. */
export function twiceButLast(steps: number): number {
  requireKind("steps", steps, "a number");
  return 2 * steps - 1;
}
