/** Diffusers' schedulers that are solvers, as their keys say them: which sampler each is, and how it spreads its steps. */
import type { Fields } from "../../base/fields.js";

/** How steps are spread, as a file says it; what it does not say is for the sampler that walks them to fill in. */
export interface StepRules {
  /** The sampler that the scheduler is, by its name in `samplers`. */
  readonly sampler: string;
  readonly spacing?: "leading" | "trailing" | "linspace";
  readonly stepsOffset?: number;
  /** The last step ends at t = 1, not at the data: `set_alpha_to_one: false`. */
  readonly toFirstLevel?: boolean;
  /** Noise levels in place of times. */
  readonly levels?: "karras" | "exponential";
}

type Value = string | number | boolean | null;

/** One class: its sampler, its usual spacing, and the keys it has beside those of the betas, with the values obeyed. */
interface Solver {
  readonly sampler: (fields: Fields) => string;
  readonly spacing: "leading" | "linspace";
  readonly keys: Readonly<Record<string, readonly Value[] | "any">>;
}

const anyLevels = { use_karras_sigmas: [true, false], use_exponential_sigmas: [true, false], use_beta_sigmas: [false] };
const bounds = { sigma_min: [null], sigma_max: [null], final_sigmas_type: ["zero"] };
/** Of the multistep solvers, none of which is used without dynamic shifting or thresholds. */
const unused = {
  flow_shift: "any",
  use_flow_sigmas: [false],
  use_dynamic_shifting: [false],
  time_shift_type: "any",
  shift_terminal: [null],
  thresholding: [false],
  dynamic_thresholding_ratio: "any",
  sample_max_value: "any",
  // The step to the data is of first order anyway.
  lower_order_final: "any",
  euler_at_final: "any",
} as const;

const named = (name: string) => (): string => name;

/** The solvers, by class. */
export const solvers: Readonly<Record<string, Solver>> = {
  PNDMScheduler: {
    sampler: (fields) => (fields.boolean("skip_prk_steps", false) ? "plms" : "pndm"),
    spacing: "leading",
    keys: { skip_prk_steps: [true, false], set_alpha_to_one: [true, false] },
  },
  EulerDiscreteScheduler: {
    sampler: named("euler"),
    spacing: "linspace",
    keys: { ...anyLevels, ...bounds, interpolation_type: ["linear"], timestep_type: ["discrete"] },
  },
  EulerAncestralDiscreteScheduler: { sampler: named("euler-ancestral"), spacing: "linspace", keys: {} },
  HeunDiscreteScheduler: {
    sampler: named("heun"),
    spacing: "linspace",
    keys: { ...anyLevels, clip_sample: [false], clip_sample_range: "any" },
  },
  LMSDiscreteScheduler: { sampler: named("lms"), spacing: "linspace", keys: anyLevels },
  KDPM2DiscreteScheduler: { sampler: named("dpm-solver-2"), spacing: "linspace", keys: anyLevels },
  DPMSolverMultistepScheduler: {
    sampler: dpmName,
    spacing: "linspace",
    keys: {
      ...unused,
      ...anyLevels,
      ...bounds,
      solver_order: [1, 2],
      algorithm_type: ["dpmsolver++", "sde-dpmsolver++"],
      solver_type: ["midpoint"],
      use_lu_lambdas: [false],
      lambda_min_clipped: [null],
      variance_type: [null],
    },
  },
  UniPCMultistepScheduler: {
    sampler: (fields) => (fields.number("solver_order", { default: 2 }) === 3 ? "unipc-3" : "unipc"),
    spacing: "linspace",
    keys: {
      ...unused,
      ...anyLevels,
      ...bounds,
      solver_order: [2, 3],
      solver_type: ["bh2"],
      predict_x0: [true],
      solver_p: [null],
      disable_corrector: "any",
    },
  },
};

function dpmName(fields: Fields): string {
  const order = fields.number("solver_order", { default: 2 });
  const stochastic = fields.string("algorithm_type", "dpmsolver++") === "sde-dpmsolver++";
  if (stochastic && order === 1) return "ddpm";
  return stochastic ? "dpm++2m-sde" : order === 1 ? "dpm++1" : "dpm++2m";
}

/** Reads the keys of a solver, and refuses what has no counterpart here. */
export function readSolverKeys(fields: Fields, { keys }: Solver): void {
  for (const [key, allowed] of Object.entries(keys)) {
    const value = fields.raw(key);
    if (value === undefined || value === null || allowed === "any") continue;
    if (allowed.includes(value as Value)) continue;
    const wanted = allowed.map((one) => JSON.stringify(one)).join(" or ");
    fields.refuse(key, value, `${wanted}: it has no counterpart here`);
  }
  const corrected = fields.raw("disable_corrector");
  if (Array.isArray(corrected) && corrected.length > 0) fields.refuse("disable_corrector", corrected, "empty");
}

/** The rules that a scheduler's keys state, which were read and found possible before. */
export function statedRules(fields: Fields): StepRules {
  const name = fields.string("_class_name");
  const sampler = Object.hasOwn(solvers, name)
    ? solvers[name].sampler(fields)
    : name === "DDPMScheduler"
      ? "ddpm"
      : "ddim";
  const truth = (key: string): boolean => fields.has(key) && fields.boolean(key);
  return {
    sampler,
    ...(fields.has("timestep_spacing") && {
      spacing: fields.oneOf("timestep_spacing", ["leading", "trailing", "linspace"]),
    }),
    ...(fields.has("steps_offset") && { stepsOffset: fields.number("steps_offset", { whole: true, least: 0 }) }),
    ...(fields.has("set_alpha_to_one") && { toFirstLevel: !fields.boolean("set_alpha_to_one") }),
    ...(truth("use_karras_sigmas") && { levels: "karras" as const }),
    ...(truth("use_exponential_sigmas") && { levels: "exponential" as const }),
  };
}
