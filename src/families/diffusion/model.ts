/** What a diffusion model is: a trained network, the path it was trained on, and how it is sampled. */
import { requireKind } from "../../base/kinds.js";
import { requireLike } from "../../base/values.js";
import { described, nearestName, requireKnownKeys } from "../../base/check.js";
import * as tf from "../../runtime/tf.js";
import {
  type Denoiser,
  type GaussianPath,
  type NetworkOutput,
  type SamplingDefaults,
  type Schedule,
} from "../../diffusion/index.js";
import { requireGaussianPath } from "../../diffusion/paths/path.js";
import { requireSampling } from "../../diffusion/paths/sampling-defaults.js";
import { requireDetermined } from "../../diffusion/paths/terminal-snr.js";
import { DiT, networkClassOf, type StoredNetwork } from "../../networks/index.js";
import type { EngineName } from "../../onnx/index.js";
import type { DrawRequest, GenerativeModel } from "../model.js";
import type { TrainingRecord } from "../record.js";
import type { TimeNetwork } from "./network-denoiser.js";

/** A network of noisy data and time that a folder can hold: `UNet2D`, `UNet2DCondition`, `DiT`, `UVit`, `PointMlp`. */
export type DiffusionNetwork = StoredNetwork & TimeNetwork;

/** What a network needs beside its weights and its path to be a diffusion model. */
export interface DiffusionConfig {
  /** What it learnt to output; "preconditioned" is EDM's F, of `preconditionedObjective`. */
  readonly prediction: NetworkOutput;
  /** Shape of one example, [H, W, C] of images. */
  readonly shape: readonly number[];
  /** Of a network with classes: the last row of its table, which stands for "none" and is used where no class is given. */
  readonly unconditionalLabel?: number;
  /** Standard deviation of the data, of a "preconditioned" network; default 0.5. */
  readonly sigmaData?: number;
}

/** What a diffusion model is made of. */
export interface DiffusionModelParts<N extends DiffusionNetwork = DiffusionNetwork> {
  readonly network: N;
  readonly path: GaussianPath;
  readonly config: DiffusionConfig;
  /** How it is sampled unless told otherwise, default {@link usualSampling}. */
  readonly sampling?: SamplingDefaults;
  readonly record?: TrainingRecord;
}

/** What a diffusion model may be asked besides what every model may. */
export interface DiffusionDrawRequest extends DrawRequest {
  /** Name of a sampler, one of `samplers`; default "ddim". */
  readonly sampler?: string;
  /** Default 50; some samplers choose their own. */
  readonly steps?: number;
  /** Noise of ddim, 0 … 1; default 0. */
  readonly eta?: number;
  /** Weight of the condition in classifier-free guidance; default 1.25 for a model that can be guided, 1 is without. */
  readonly guidance?: number;
  /** Tokens for a network that takes them, [1, words, channels] for all examples or [count, words, channels]. */
  readonly context?: tf.Tensor;
  /** What evaluates the network, default "graph": see {@link EngineName}. */
  readonly engine?: EngineName;
}

/** A trained model, ready to sample from. */
export interface DiffusionModel<N extends DiffusionNetwork = DiffusionNetwork>
  extends GenerativeModel<DiffusionDrawRequest>, DiffusionModelParts<N> {
  readonly family: "diffusion";
  readonly sampling: SamplingDefaults;
  /** The path, where it is a discrete schedule with its tables. @throws RangeError on a continuous path */
  readonly schedule: Schedule;
  /** Takes the conditions of the network; without a class it draws from all of them. */
  readonly denoiser: Denoiser;
  /** The same evaluated by an engine. @throws RangeError for an unknown one */
  denoiserOn(engine: EngineName): Denoiser;
  /** Classes one may ask for, 0 … classes − 1; 0 if the network knows none. */
  readonly classes: number;
}

/** Steps from T down, and images bounded to −1 … 1, where they lie. */
export function usualSampling(path: GaussianPath, shape: readonly number[]): SamplingDefaults {
  const spaced = { kind: "spaced", spacing: "trailing", stepsOffset: 0, toFirstLevel: false } as const;
  return {
    grid: path.discrete ? spaced : null,
    clipping: shape.length === 3 ? { kind: "static", limit: 1 } : null,
    clipKeepsNoise: false,
    variance: "posterior",
  };
}

/** What makes a model, and what a model has besides: it may be given whole. */
const PARTS = { network: true, path: true, config: "an object", sampling: true, record: true } as const;
const OF_A_MODEL: readonly (keyof DiffusionModel)[] = [
  "family",
  "schedule",
  "classes",
  "shape",
  "conditions",
  "denoiser",
  "denoiserOn",
  "likelihoodOf",
  "logLikelihood",
  "draw",
  "describe",
  "dispose",
];

const CONFIG = { prediction: true, shape: true, unconditionalLabel: true, sigmaData: true } as const;
const IS_THE_PATH = "the schedule is the part path: { network, path: linearSchedule({ T: 1000 }), config }";

/** A slip in a part's name; of a whole model only its parts are looked at. */
function requireParts(parts: DiffusionModelParts): void {
  const isModel = (parts as Partial<DiffusionModel> | null)?.family === "diffusion";
  const own = (key: string): boolean => !(isModel && (OF_A_MODEL as readonly string[]).includes(key));
  const given = isModel ? onlyKeys(parts, own) : parts;
  requireKnownKeys<object>("the parts of a diffusion model", given, PARTS, { schedule: IS_THE_PATH });
  requireKnownKeys<DiffusionConfig>("a diffusion model's config", parts.config, CONFIG, { schedule: IS_THE_PATH });
  requireStored(parts.network);
  requireGaussianPath(parts.path);
}

/** The record of some of a record's keys; the others, getters that refuse among them, are not read. */
function onlyKeys<T extends object>(record: T, wanted: (key: string) => boolean): Partial<T> {
  const keys = Object.keys(record).filter(wanted) as (keyof T)[];
  return Object.fromEntries(keys.map((key) => [key, record[key]])) as Partial<T>;
}

function requireStored(network: unknown): void {
  const { config, parameters, apply } = (network ?? {}) as Partial<DiffusionNetwork>;
  if (typeof config === "object" && parameters !== undefined && typeof apply === "function") return;
  throw new TypeError(`network must be one of noisy data and time, such as a UNet2D, got ${described(network)}`);
}

/** @throws RangeError unless network, path and configuration can be one model; TypeError for what is none of these */
export function requireFitting(parts: DiffusionModelParts): void {
  requireParts(parts);
  const { network, path, config, sampling } = parts;
  const { prediction, shape, sigmaData } = config;
  if (!outputs.includes(prediction)) {
    const near = DIFFUSERS_NAMES[String(prediction)] ?? nearestName(String(prediction), outputs);
    throw new RangeError(
      `unknown prediction ${JSON.stringify(prediction)}: ${near ? `did you mean "${near}"? ` : ""}It is one of ${outputs.join(", ")}`,
    );
  }
  if (prediction !== "preconditioned") requireDetermined(path, prediction);
  if (sigmaData !== undefined && !(sigmaData > 0 && sigmaData < Infinity)) {
    throw new RangeError(`sigmaData must be a finite number > 0, got ${sigmaData}`);
  }
  if (sigmaData !== undefined && prediction !== "preconditioned") {
    throw new RangeError(
      `sigmaData is for a "preconditioned" network, this one predicts "${prediction}": leave it out`,
    );
  }
  if (!Array.isArray(shape) || shape.length === 0 || !shape.every((n) => Number.isInteger(n) && n > 0)) {
    throw new RangeError(`shape must list the size of one example, such as [28, 28, 1], got ${JSON.stringify(shape)}`);
  }
  const made = networkClassOf(network).exampleShape?.(network) ?? undefined;
  if (made && (made.length !== shape.length || made.at(-1) !== shape.at(-1))) {
    throw new RangeError(`the network was made for examples of shape [${made}], but shape is [${shape}]`);
  }
  if (sampling?.variance === "learned" && prediction === "preconditioned") {
    throw new RangeError(
      'a "preconditioned" network learns no variance: sampling.variance must be "posterior" or "beta"',
    );
  }
  if (sampling !== undefined) requireSampling(sampling, path);
  classesOf(network, config);
}

/** What diffusers calls predictions. */
const DIFFUSERS_NAMES: Readonly<Record<string, NetworkOutput>> = {
  epsilon: "noise",
  v_prediction: "velocity",
  flow_prediction: "flow",
};

const outputs: readonly NetworkOutput[] = ["noise", "sample", "velocity", "score", "flow", "preconditioned"];

/**
 * What guidance weighs the asked class against: `unconditional` of {@link guided}. The caller disposes.
 *
 * @throws RangeError if the model was trained without classes
 */
export function unconditionalOf(model: Pick<DiffusionModel, "config">): { readonly label: tf.Tensor1D } {
  requireLike("model", model, ["config"], "loadDiffusionModel(folder)");
  const { config } = model;
  requireKind("config of the model", config, "an object");
  const { unconditionalLabel } = config;
  if (unconditionalLabel === undefined)
    throw new RangeError("this model was trained without classes, so it cannot be guided");
  return { label: tf.tensor1d([unconditionalLabel], "int32") };
}

/** Rows of a network's table of classes, 0 if it has none. */
export function labelRows({ conditions }: DiffusionNetwork): number {
  return conditions?.["label"]?.below ?? 0;
}

/** How many classes can be asked for; the last row of the table is the one that stands for none. */
export function classesOf(network: DiffusionNetwork, { unconditionalLabel: none }: DiffusionConfig): number {
  const rows = labelRows(network);
  // A DiT's table always has a row for none, trained or not.
  if (none === undefined) return network instanceof DiT && rows > 0 ? rows - 1 : rows;
  if (rows > 0 && none === rows - 1) return none;
  throw new RangeError(
    `unconditionalLabel ${JSON.stringify(none)} must be the last row of the network's table of classes, ` +
      (rows > 0 ? `${rows - 1}` : "but the network has none (num_class_embeds)"),
  );
}
