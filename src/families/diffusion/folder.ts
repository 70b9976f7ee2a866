import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "../../runtime/tf.js";
import {
  cosineSchedule,
  linearSchedule,
  predictions,
  type Denoiser,
  type Prediction,
  type Schedule,
} from "../../diffusion/index.js";
import { loadParameters, roomFor, stageParameters } from "../../nn/index.js";
import { readSafetensors, replaceModel, type FloatFormat, type StagedFile } from "../../files/index.js";
import { UNet2D, type UNet2DConfig } from "../../networks/index.js";
import type { TrainingRecord } from "../record.js";
import { networkDenoiser, type NetworkDenoiser } from "./network-denoiser.js";

/** The names diffusers gives these files. */
const CONFIG = "config.json";
const WEIGHTS = "diffusion_pytorch_model.safetensors";
const DIFFUSION = "diffusion.json";
const RECORD = "training.json";

/** What a network needs beside its weights to be a diffusion model. */
export interface DiffusionConfig {
  readonly schedule: { readonly kind: "linear" | "cosine"; readonly T: number };
  readonly prediction: Prediction;
  /** Shape of one example, [H, W, C]. */
  readonly shape: readonly number[];
  /** Of a network with classes: the last row of its table, which stands for "none" and is used where no class is given. */
  readonly unconditionalLabel?: number;
}

/** A trained model, ready to sample from. */
export interface DiffusionModel {
  readonly network: UNet2D;
  readonly schedule: Schedule;
  /** Takes `{ label }` where there are classes; without one it draws from all of them. */
  readonly denoiser: Denoiser;
  /** Classes one may ask for, 0 … classes − 1; 0 if the network knows none. */
  readonly classes: number;
  readonly config: DiffusionConfig;
  readonly record: TrainingRecord | undefined;
  dispose(): void;
}

/**
 * What guidance weighs the asked class against: `unconditional` of {@link guided}. The caller disposes.
 *
 * @throws RangeError if the model was trained without classes
 */
export function unconditionalOf({ config }: DiffusionModel): { readonly label: tf.Tensor1D } {
  const { unconditionalLabel } = config;
  if (unconditionalLabel === undefined)
    throw new RangeError("this model was trained without classes, so it cannot be guided");
  return { label: tf.tensor1d([unconditionalLabel], "int32") };
}

/**
 * Opens a folder written by {@link saveDiffusionModel}: `config.json` and weights as diffusers names them, and
 * `diffusion.json` with the schedule and the kind of prediction.
 *
 * @throws Error if a file is missing, SafetensorsError or RangeError if one is damaged or does not fit the others
 */
export function loadDiffusionModel(folder: string): DiffusionModel {
  const diffusion = readJson(join(folder, DIFFUSION)) as DiffusionConfig;
  if (!predictions.includes(diffusion.prediction)) {
    throw new RangeError(`${join(folder, DIFFUSION)}: unknown prediction ${JSON.stringify(diffusion.prediction)}`);
  }
  const schedule = makeSchedule(diffusion.schedule, folder);
  const config = readJson(join(folder, CONFIG)) as Partial<UNet2DConfig>;
  const classes = classesOf(config, diffusion, folder);
  const network = readSafetensors(join(folder, WEIGHTS), (weights) => {
    return new UNet2D(config, { start: "zeros", maxNumbers: roomFor(weights) });
  });
  try {
    loadParameters(join(folder, WEIGHTS), network.parameters);
  } catch (error) {
    network.dispose();
    throw error;
  }
  const record = existsSync(join(folder, RECORD)) ? (readJson(join(folder, RECORD)) as TrainingRecord) : undefined;
  const evaluation = networkDenoiser(network, schedule, { predicts: diffusion.prediction });
  const { unconditionalLabel } = diffusion;
  const denoiser = unconditionalLabel === undefined ? evaluation : withDefaultLabel(evaluation, unconditionalLabel);
  const dispose = (): void => {
    evaluation.dispose();
    network.dispose();
  };
  return { network, schedule, denoiser, classes, config: diffusion, record, dispose };
}

/** How many classes can be asked for; the last row of the table is the one that stands for none. */
function classesOf(
  { num_class_embeds: rows }: Partial<UNet2DConfig>,
  { unconditionalLabel: none }: DiffusionConfig,
  folder: string,
): number {
  if (none === undefined) return rows ?? 0;
  if (rows && none === rows - 1) return none;
  throw new RangeError(
    `${join(folder, DIFFUSION)}: unconditionalLabel ${JSON.stringify(none)} must be the last row of the network's table of classes, ` +
      (rows ? `${rows - 1}` : `but ${CONFIG} has none (num_class_embeds)`),
  );
}

function withDefaultLabel(denoiser: NetworkDenoiser, label: number): Denoiser {
  return {
    ...denoiser,
    predict: (xt, t, condition) => {
      if (condition) return denoiser.predict(xt, t, condition);
      const none = tf.fill([xt.shape[0]], label, "int32");
      try {
        return denoiser.predict(xt, t, { label: none });
      } finally {
        none.dispose();
      }
    },
  };
}

/** Writes a model folder. What cannot be written changes nothing, and nobody ever opens a mix of two models. */
export function saveDiffusionModel(
  folder: string,
  model: { network: UNet2D; config: DiffusionConfig; record?: TrainingRecord },
  options: { format?: FloatFormat; values?: Float32Array } = {},
): void {
  const config = { _class_name: "UNet2DModel", ...model.network.config };
  const weights = join(folder, WEIGHTS);
  function* staged(): Generator<StagedFile> {
    yield stageParameters(weights, model.network.parameters, { ...options, metadata: { format: "pt" } });
  }
  replaceModel({
    configs: { [join(folder, CONFIG)]: toJson(config), [join(folder, DIFFUSION)]: toJson(model.config) },
    notes: model.record && { [join(folder, RECORD)]: toJson(model.record) },
    weights: staged(),
    entries: [weights],
  });
}

/**
 * The schedule a {@link DiffusionConfig} names.
 *
 * @param where what the message names
 * @throws RangeError if its kind is unknown, or T does not suit it
 */
export function makeSchedule(config: DiffusionConfig["schedule"], where: string): Schedule {
  switch (config?.kind) {
    case "linear":
      return linearSchedule({ T: config.T });
    case "cosine":
      return cosineSchedule({ T: config.T });
    default:
      throw new RangeError(`${where}: unknown schedule ${JSON.stringify(config)}, known kinds are linear and cosine`);
  }
}

function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`cannot read ${path}: a model folder holds ${CONFIG}, ${DIFFUSION} and ${WEIGHTS}`, {
      cause: error,
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is not valid JSON: the file is damaged`, { cause: error });
  }
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
