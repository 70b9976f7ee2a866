/** A path and its sampling as diffusers' `scheduler_config.json` says them, both ways; no file is read or written here. */
import { requireKind } from "../../base/kinds.js";
import { requireGaussianPath } from "./path.js";
import { requireLike } from "../../base/values.js";
import { Fields, type Json } from "../../base/fields.js";
import type { Prediction } from "../predictions.js";
import { edmPath, flowPath } from "./continuous-paths.js";
import type { GaussianPath, PathConfig } from "./path.js";
import { pathFromConfig, requireNamed } from "./registry.js";
import {
  parseClipping,
  parseGrid,
  requireSampling,
  type Clipping,
  type SamplingDefaults,
} from "./sampling-defaults.js";
import { requireSchedule, type Schedule } from "./schedule.js";
import { readSchedule, sameJson, scheduleKeys } from "./scheduler-betas.js";
import { readSolverKeys, solvers, statedRules, type StepRules } from "./solver-config.js";

/** What a network learns to output: a {@link Prediction}, or EDM's F, which `pathPreconditioning` makes a denoiser. */
export type NetworkOutput = Prediction | "preconditioned";

/** What a trained network is used with. */
export interface DiffusionProcess {
  readonly path: GaussianPath;
  readonly prediction: NetworkOutput;
  /** Standard deviation of the data, of a "preconditioned" network. */
  readonly sigmaData?: number;
  readonly sampling: SamplingDefaults;
  /** Of a discrete schedule in a file: which sampler the scheduler is, and how steps are spread whichever walks them. */
  readonly steps?: StepRules;
}

/** A component of a pipeline as files say it. */
export interface SchedulerConfig {
  readonly library: "diffusers" | "diffusion_lab";
  readonly className: string;
  /** What `scheduler_config.json` holds beside `_class_name`. */
  readonly keys: Readonly<Record<string, Json>>;
}

const predictionTypes = { epsilon: "noise", sample: "sample", v_prediction: "velocity" } as const;
type PredictionType = keyof typeof predictionTypes;

/** The scheduler classes that are read, by name. */
const readers: Readonly<Record<string, (fields: Fields) => DiffusionProcess>> = {
  DDPMScheduler: readDdpm,
  DDIMScheduler: readDdim,
  FlowMatchEulerDiscreteScheduler: readFlow,
  EDMEulerScheduler: readEdm,
  GaussianPath: readOwn,
  ...Object.fromEntries(Object.keys(solvers).map((name) => [name, readSolver])),
};

/**
 * What a `scheduler_config.json` says. Every key is obeyed, or refused by its name where it asks for something that has
 * no counterpart here. Where diffusers itself goes astray (test/parity/schedulers/README.md) the theory is followed.
 *
 * @param where what messages name: the file
 * @throws RangeError for a class, a key or a value that cannot be obeyed
 */
export function parseSchedulerConfig(config: unknown, where: string): DiffusionProcess {
  requireKind("where", where, "a text");
  const fields = new Fields(where, config);
  const name = fields.string("_class_name");
  if (!Object.hasOwn(readers, name)) {
    throw new RangeError(
      `${where} is of class "${name}", known are ${Object.keys(readers).join(", ")}: in diffusers, ` +
        `DDPMScheduler.from_config(scheduler.config).save_pretrained(…) keeps its betas and its kind of prediction`,
    );
  }
  const process = readers[name](fields);
  fields.finish(`a ${name} without it would be another one`);
  return process;
}

/**
 * The scheduler that says this process: a class of diffusers where one says the same, else `GaussianPath` of our own. What
 * it says is read again before it is returned, so that no file means something else than what was saved.
 *
 * @throws RangeError for a path that no file can name, and for sampling that no file can say
 */
export function toSchedulerConfig(process: DiffusionProcess): SchedulerConfig {
  requireLike("process", process, ["path", "prediction", "sampling"], "parseSchedulerConfig");
  requireGaussianPath(process.path);
  const { path, sampling } = process;
  const config = requireNamed(path);
  requireSampling(sampling, path);
  const found = diffusersConfig(process, config);
  if (found && saysTheSame(found, process)) return found;
  const own = ownConfig(process, config);
  if (saysTheSame(own, process)) return own;
  throw new RangeError(
    `the path "${path.name}" is not the one that its config names (kind "${config.kind}"), so a file would open as another: ` +
      "make it anew from its config, pathFromConfig(path.config), or give a path of your own a kind of its own",
  );
}

/** The keys of a scheduler of diffusers, where one may say the process. */
function diffusersConfig(process: DiffusionProcess, { kind }: PathConfig): SchedulerConfig | undefined {
  const { path, prediction, sampling, sigmaData = DEFAULT_SIGMA_DATA } = process;
  const { grid } = sampling;
  const type = (Object.keys(predictionTypes) as PredictionType[]).find((one) => predictionTypes[one] === prediction);
  if (path.discrete && type && (grid === null || grid.kind === "spaced")) return discreteConfig(process, type);
  const plain = sampling.clipping === null;
  if (kind === "flow" && prediction === "flow" && plain && grid?.kind === "flow") {
    const keys = { num_train_timesteps: FLOW_TIMES, shift: grid.shift, use_dynamic_shifting: false };
    return { library: "diffusers", className: "FlowMatchEulerDiscreteScheduler", keys };
  }
  if (kind === "edm" && prediction === "preconditioned" && plain && grid?.kind === "levels") {
    const keys = {
      sigma_min: grid.sigmaMin,
      sigma_max: path.T,
      sigma_data: sigmaData,
      sigma_schedule: grid.rule,
      rho: grid.rho,
      prediction_type: "epsilon",
      final_sigmas_type: "zero",
    };
    return { library: "diffusers", className: "EDMEulerScheduler", keys };
  }
  return undefined;
}

/** A process in our own words. */
function ownConfig(process: DiffusionProcess, config: PathConfig): SchedulerConfig {
  const { prediction, sampling, sigmaData = DEFAULT_SIGMA_DATA } = process;
  const keys = {
    path: config,
    prediction,
    ...(prediction === "preconditioned" && { sigma_data: sigmaData }),
    grid: sampling.grid && { ...sampling.grid },
    clipping: sampling.clipping && { ...sampling.clipping },
    clip_keeps_noise: sampling.clipKeepsNoise,
    variance: sampling.variance,
  };
  return { library: "diffusion_lab", className: "GaussianPath", keys };
}

const DEFAULT_SIGMA_DATA = 0.5;

/** Whether a file with these keys is read as the process. */
function saysTheSame({ className, keys }: SchedulerConfig, process: DiffusionProcess): boolean {
  let read: DiffusionProcess;
  try {
    read = parseSchedulerConfig(JSON.parse(JSON.stringify({ _class_name: className, ...keys })), className);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
  return (
    read.prediction === process.prediction &&
    (read.prediction !== "preconditioned" || read.sigmaData === (process.sigmaData ?? DEFAULT_SIGMA_DATA)) &&
    sameJson(inEffect(read.sampling), inEffect(process.sampling)) &&
    sameLevels(read.path, process.path)
  );
}

/** The sampling without what has no effect beside the rest of it. */
function inEffect({ grid, clipping, clipKeepsNoise, variance }: SamplingDefaults): Json {
  return {
    grid: grid && { ...grid },
    clipping: clipping && { ...clipping },
    keeps: clipping ? clipKeepsNoise : false,
    variance,
  };
}

/** Whether two paths have the same levels, all of a discrete one's; b² = 1 − ᾱ may be rounded otherwise. */
function sameLevels(read: GaussianPath, path: GaussianPath): boolean {
  if (read.T !== path.T || read.discrete !== path.discrete) return false;
  const count = path.discrete ? path.T : 16;
  return Array.from({ length: count }, (_, i) => ((i + 1) * path.T) / count).every(
    (t) => near(read.signal(t), path.signal(t)) && near(read.noise(t), path.noise(t)),
  );
}

const near = (one: number, other: number): boolean => Math.abs(one - other) <= 1e-9 * Math.max(1, Math.abs(other));

const varianceTypes = {
  fixed_small: "posterior",
  fixed_small_log: "posterior",
  fixed_large: "beta",
  learned_range: "learned",
} as const;

/** DDPMScheduler, or DDIMScheduler where only that can say it. */
function discreteConfig({ path, sampling }: DiffusionProcess, prediction: PredictionType): SchedulerConfig {
  const { clipping, clipKeepsNoise, variance } = sampling;
  const grid = sampling.grid?.kind === "spaced" ? sampling.grid : undefined;
  const ddim = (grid?.toFirstLevel ?? false) || (clipKeepsNoise && clipping !== null);
  const variances = Object.entries(varianceTypes).find(([, meaning]) => meaning === variance);
  const keys = {
    ...scheduleKeys(requireSchedule("a model's path", path), { sigmoid: !ddim }),
    prediction_type: prediction,
    clip_sample: clipping?.kind === "static",
    clip_sample_range: clipping?.kind === "static" ? clipping.limit : 1,
    thresholding: clipping?.kind === "dynamic",
    dynamic_thresholding_ratio: clipping?.kind === "dynamic" ? clipping.percentile : 0.995,
    sample_max_value: clipping?.kind === "dynamic" ? clipping.maximum : 1,
    timestep_spacing: grid?.spacing ?? "trailing",
    steps_offset: grid?.stepsOffset ?? 0,
    ...(ddim ? { set_alpha_to_one: !grid?.toFirstLevel } : { variance_type: variances![0] }),
  };
  return { library: "diffusers", className: ddim ? "DDIMScheduler" : "DDPMScheduler", keys };
}

function readDdpm(fields: Fields): DiffusionProcess {
  const type = fields.string("variance_type", "fixed_small");
  if (!Object.hasOwn(varianceTypes, type)) {
    fields.refuse("variance_type", type, `one of ${Object.keys(varianceTypes).join(", ")}`);
  }
  // Of DDIM's, which diffusers' DDPM does not look at.
  fields.raw("set_alpha_to_one");
  const { grid, clipping, ...process } = readDiscrete(fields, { sigmoid: true });
  const variance = varianceTypes[type as keyof typeof varianceTypes];
  return {
    ...process,
    sampling: { grid: { ...grid, toFirstLevel: false }, clipping, clipKeepsNoise: false, variance },
    steps: statedRules(fields),
  };
}

function readDdim(fields: Fields): DiffusionProcess {
  const toFirstLevel = !fields.boolean("set_alpha_to_one", true);
  fields.raw("variance_type");
  const { grid, clipping, ...process } = readDiscrete(fields, { sigmoid: false });
  if (toFirstLevel && clipping && grid.stepsOffset === 0) {
    throw new RangeError(
      `${fields.where}: set_alpha_to_one = false with steps_offset = 0 clips x̂_0 in a step from t = 1 to t = 1, which ` +
        "has no counterpart here: set clip_sample and thresholding to false, or steps_offset to 1",
    );
  }
  const clipKeepsNoise = clipping !== null;
  const sampling = { grid: { ...grid, toFirstLevel }, clipping, clipKeepsNoise, variance: "posterior" } as const;
  return { ...process, sampling, steps: statedRules(fields) };
}

interface DiscreteReading {
  readonly path: Schedule;
  readonly prediction: Prediction;
  readonly grid: {
    readonly kind: "spaced";
    readonly spacing: "leading" | "trailing" | "linspace";
    stepsOffset: number;
  };
  readonly clipping: Clipping | null;
}

/** What DDPM's and DDIM's schedulers have in common. */
function readDiscrete(
  fields: Fields,
  named: { readonly sigmoid: boolean },
  usual: "leading" | "linspace" = "leading",
): DiscreteReading {
  const type = fields.oneOf("prediction_type", ["epsilon", "sample", "v_prediction"], "epsilon");
  const path = readSchedule(fields, named);
  if (type === "epsilon" && path.alphaBar[path.T] === 0) {
    throw new RangeError(
      `${fields.where}: prediction_type "epsilon" says nothing about x_0 at t = T, where rescale_betas_zero_snr leaves ` +
        'no signal: it must be "v_prediction" or "sample"',
    );
  }
  const spacing = fields.oneOf("timestep_spacing", ["leading", "trailing", "linspace"], usual);
  const stepsOffset = fields.number("steps_offset", { whole: true, least: 0, most: path.T, default: 0 });
  // Of PNDM's, which these two schedulers do not look at.
  fields.raw("skip_prk_steps");
  // Only "leading" looks at it.
  const grid = { kind: "spaced", spacing, stepsOffset: spacing === "leading" ? stepsOffset : 0 } as const;
  return { path, prediction: predictionTypes[type], grid, clipping: readClipping(fields) };
}

/** A solver's network and path are read as DDPM's are; which solver it was is in the rules of its steps. */
function readSolver(fields: Fields): DiffusionProcess {
  const solver = solvers[fields.string("_class_name")];
  readSolverKeys(fields, solver);
  const { path, prediction, grid } = readDiscrete(fields, { sigmoid: false }, solver.spacing);
  const steps = statedRules(fields);
  const toFirstLevel = solver.spacing === "leading" && (steps.toFirstLevel ?? true);
  const sampling = { clipping: null, clipKeepsNoise: false, variance: "posterior" } as const;
  return { path, prediction, sampling: { ...sampling, grid: { ...grid, toFirstLevel } }, steps };
}

function readClipping(fields: Fields): Clipping | null {
  const limit = fields.number("clip_sample_range", { above: 0, default: 1 });
  const percentile = fields.number("dynamic_thresholding_ratio", { above: 0, most: 1, default: 0.995 });
  const maximum = fields.number("sample_max_value", { least: 1, default: 1 });
  const clips = fields.boolean("clip_sample", true);
  if (fields.boolean("thresholding", false)) return { kind: "dynamic", percentile, maximum };
  return clips ? { kind: "static", limit } : null;
}

/** Networks are told 1000·t on the straight path, here and there. */
const FLOW_TIMES = 1000;

function readFlow(fields: Fields): DiffusionProcess {
  const times = fields.number("num_train_timesteps", { default: FLOW_TIMES });
  if (times !== FLOW_TIMES)
    fields.refuse("num_train_timesteps", times, `${FLOW_TIMES}, as networks are told 1000·t here`);
  for (const key of [
    "use_dynamic_shifting",
    "invert_sigmas",
    "use_karras_sigmas",
    "use_exponential_sigmas",
    "use_beta_sigmas",
    "stochastic_sampling",
  ]) {
    if (fields.boolean(key, false)) fields.refuse(key, true, "false: it has no counterpart here");
  }
  if (fields.has("shift_terminal")) fields.refuse("shift_terminal", fields.raw("shift_terminal"), "null");
  // Of dynamic shifting, and without it not looked at.
  for (const key of ["base_shift", "max_shift", "base_image_seq_len", "max_image_seq_len", "time_shift_type"]) {
    fields.raw(key);
  }
  const shift = fields.number("shift", { above: 0, default: 1 });
  const sampling = {
    grid: { kind: "flow", shift },
    clipping: null,
    clipKeepsNoise: false,
    variance: "posterior",
  } as const;
  return { path: flowPath(), prediction: "flow", sampling };
}

function readEdm(fields: Fields): DiffusionProcess {
  const type = fields.string("prediction_type", "epsilon");
  if (type !== "epsilon") fields.refuse("prediction_type", type, '"epsilon": EDM\'s F with c_out > 0');
  const last = fields.string("final_sigmas_type", "zero");
  if (last !== "zero") fields.refuse("final_sigmas_type", last, '"zero": sampling ends at the data');
  // How many levels its constructor lists; the list is made anew for each sampling.
  fields.raw("num_train_timesteps");
  const sigmaMax = fields.number("sigma_max", { above: 0, default: 80 });
  const grid = {
    kind: "levels",
    rule: fields.oneOf("sigma_schedule", ["karras", "exponential"], "karras"),
    sigmaMin: fields.number("sigma_min", { above: 0, most: sigmaMax, default: 0.002 }),
    rho: fields.number("rho", { above: 0, default: 7 }),
  } as const;
  const sigmaData = fields.number("sigma_data", { above: 0, default: 0.5 });
  const sampling = { grid, clipping: null, clipKeepsNoise: false, variance: "posterior" } as const;
  return { path: edmPath({ sigmaMax }), prediction: "preconditioned", sigmaData, sampling };
}

const outputs = ["noise", "sample", "velocity", "score", "flow", "preconditioned"] as const satisfies NetworkOutput[];

function readOwn(fields: Fields): DiffusionProcess {
  const path = pathFromConfig(fields.raw("path"), `${fields.where}: path`);
  const prediction = fields.oneOf("prediction", outputs);
  const sampling = {
    grid: fields.has("grid") ? parseGrid(fields.object("grid")) : null,
    clipping: fields.has("clipping") ? parseClipping(fields.object("clipping")) : null,
    clipKeepsNoise: fields.boolean("clip_keeps_noise", false),
    variance: fields.oneOf("variance", ["posterior", "beta", "learned"], "posterior"),
  };
  if (prediction !== "preconditioned") return { path, prediction, sampling };
  return { path, prediction, sigmaData: fields.number("sigma_data", { above: 0, default: 0.5 }), sampling };
}
