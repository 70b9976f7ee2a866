/** A diffusion model's folder: a diffusers pipeline where diffusers can draw from it, else one with a class of our own. */
import { requireText } from "../../base/values.js";
import { requireKnownKeys } from "../../base/check.js";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { sizeOf } from "../../base/shape.js";
import {
  parseSchedulerConfig,
  toSchedulerConfig,
  type DiffusionProcess,
  type SchedulerConfig,
} from "../../diffusion/index.js";
import {
  networkClassOf,
  type NetworkClass,
  type NetworkClassName,
  type NetworksByClass,
} from "../../networks/index.js";
import type { FloatFormat } from "../../files/index.js";
import { hasIndex, INDEX, loadPart, readIndex, readRecord, requirePart, saveModelFolder } from "../folder.js";
import type { Part } from "../folder.js";
import { readFields } from "../json-files.js";
import { isNetworkFolder, loadNetwork, networkFiles } from "../network-folder.js";
import { onlyVariant } from "../weights-files.js";
import { diffusionModel } from "./assemble.js";
import {
  labelRows,
  requireFitting,
  usualSampling,
  type DiffusionConfig,
  type DiffusionModel,
  type DiffusionModelParts,
  type DiffusionNetwork,
} from "./model.js";
import type { TimeNetwork } from "./network-denoiser.js";
import { isOldFolder, OLD_INDEX, readOldFolder, removeOldFolder } from "./old-folder.js";

/** Our own class in `model_index.json`, of a model that no pipeline of diffusers draws from. */
const OWN_PIPELINE = "DiffusionModel";
/** What {@link loadDiffusionModel} opens, by `_class_name`. */
export const diffusionPipelines = ["DDPMPipeline", "DDIMPipeline", OWN_PIPELINE] as const;

const SCHEDULER = "scheduler";
const SCHEDULER_CONFIG = "scheduler_config.json";
const PARTS = ["unet", "transformer", "network"];

/** The classes of networks a diffusion model may have. */
export type DiffusionNetworkClass = {
  [K in NetworkClassName]: NetworksByClass[K] extends TimeNetwork ? K : never;
}[NetworkClassName];

export interface LoadDiffusionOptions<K extends DiffusionNetworkClass> {
  /** The class of the network, default "UNet2DModel". `loadModel` opens whichever it is. */
  readonly expect?: K;
  /** As `variant` in diffusers: "fp16" reads `diffusion_pytorch_model.fp16.safetensors`. Default: what is there. */
  readonly variant?: string;
}

/**
 * Opens a diffusion model:
 * - a folder that {@link saveDiffusionModel} wrote, or diffusers' `DDPMPipeline` and `DDIMPipeline` with `save_pretrained`;
 * - the folder of one network in a pipeline ("unet", "transformer"), with the scheduler beside it;
 * - a folder of before there were indices: `config.json`, weights and `diffusion.json`.
 *
 * Its `sampling` is what `scheduler_config.json` says of clipping and steps.
 *
 * @throws Error if a file is missing, SafetensorsError or RangeError if one is damaged, does not fit the others, or asks
 *   for what has no counterpart here
 */
export function loadDiffusionModel<K extends DiffusionNetworkClass = "UNet2DModel">(
  folder: string,
  options: LoadDiffusionOptions<K> = {},
): DiffusionModel<NetworksByClass[K]> {
  requireKnownKeys("loadDiffusionModel", options, { expect: true, variant: "a text" });
  const { expect = "UNet2DModel" as K, variant } = options;
  const model = openDiffusionModel(folder, variant);
  const { name } = networkClassOf(model.network);
  if (name === expect) return model as unknown as DiffusionModel<NetworksByClass[K]>;
  model.dispose();
  throw new RangeError(
    `${folder} holds a network of class "${name}", not "${expect}": loadDiffusionModel(folder, { expect: "${name}" }) opens it`,
  );
}

/** {@link loadDiffusionModel} of whatever network it holds. */
export function openDiffusionModel(folder: string, variant?: string): DiffusionModel {
  const parts = partsOf(folder, variant);
  try {
    return diffusionModel(parts);
  } catch (error) {
    parts.network.dispose();
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError(`${folder}: ${error.message}`, { cause: error });
  }
}

function partsOf(folder: string, variant: string | undefined): DiffusionModelParts {
  if (hasIndex(folder)) return readPipeline(folder, variant);
  if (isOldFolder(folder)) return { ...readOldFolder(folder), record: readRecord(folder) };
  if (isNetworkFolder(folder)) return readNetworkBesideScheduler(folder, variant);
  throw new Error(
    `${folder} holds no diffusion model: that is a folder with ${INDEX} (or, of before, ${OLD_INDEX}), or the folder of a ` +
      `network beside its ${SCHEDULER}`,
  );
}

function readPipeline(folder: string, variant: string | undefined): DiffusionModelParts {
  const index = readIndex(folder);
  if (!(diffusionPipelines as readonly string[]).includes(index.className)) {
    throw new RangeError(
      `${join(folder, INDEX)} is of class "${index.className}", a diffusion model of ${diffusionPipelines.join(", ")}`,
    );
  }
  const part = requirePart(index, ...PARTS);
  const process = readScheduler(requirePart(index, SCHEDULER));
  const { notes } = index;
  const noted = {
    shape: notes.has("shape") ? notes.numbers("shape", { whole: true, least: 1 }) : undefined,
    unconditionalLabel: notes.has("unconditional_label")
      ? notes.number("unconditional_label", { whole: true })
      : undefined,
  };
  notes.finish();
  const network = loadPart(part, variant) as DiffusionNetwork;
  return { ...assembled(part.folder, network, process, noted), record: readRecord(folder) };
}

/** A network of a pipeline whose other parts are for other purposes, or not there. */
function readNetworkBesideScheduler(folder: string, variant: string | undefined): DiffusionModelParts {
  const scheduler = { folder: join(dirname(folder), SCHEDULER), name: SCHEDULER, className: undefined };
  if (!existsSync(join(scheduler.folder, SCHEDULER_CONFIG))) {
    throw new Error(
      `${folder} is the folder of a network alone, and what it is drawn from with is not beside it: ` +
        `${join(scheduler.folder, SCHEDULER_CONFIG)}. loadNetwork(folder) opens the network`,
    );
  }
  const network = loadNetwork(folder, { variant: variant ?? onlyVariant(folder) }) as DiffusionNetwork;
  // A DiT of diffusers has been trained with its last row for "no class".
  const rows = networkClassOf(network).name === "DiTTransformer2DModel" ? labelRows(network) : 0;
  const unconditionalLabel = rows > 0 ? rows - 1 : undefined;
  return assembled(folder, network, readScheduler(scheduler), { unconditionalLabel });
}

function readScheduler(part: Pick<Part, "folder"> & { readonly className?: string }): DiffusionProcess {
  const path = join(part.folder, SCHEDULER_CONFIG);
  const { values } = readFields(path, "it says what the network was trained on");
  if (part.className !== undefined && values["_class_name"] !== part.className) {
    throw new RangeError(
      `${path} is of class ${JSON.stringify(values["_class_name"])}, but the index says "${part.className}"`,
    );
  }
  return parseSchedulerConfig(values, path);
}

/** Of one example, 1 GB in float32. */
const MOST_NUMBERS = 2 ** 28;

function assembled(
  folder: string,
  network: DiffusionNetwork,
  { path, prediction, sigmaData, sampling }: DiffusionProcess,
  noted: { readonly shape?: readonly number[]; readonly unconditionalLabel?: number },
): DiffusionModelParts {
  const { name, exampleShape } = networkClassOf(network);
  const shape = noted.shape ?? exampleShape?.(network);
  if (!shape) {
    network.dispose();
    throw new RangeError(
      `${folder}: a ${name} without sample_size does not say what shape to draw: put it in config.json`,
    );
  }
  if (sizeOf(shape) > MOST_NUMBERS) {
    network.dispose();
    throw new RangeError(
      `${folder}: one example of shape [${shape.slice(0, 4).join(", ")}] has more than ${MOST_NUMBERS} numbers, ` +
        "which no memory holds: mend the shape, in model_index.json or as sample_size in config.json",
    );
  }
  const { unconditionalLabel } = noted;
  const config: DiffusionConfig = {
    prediction,
    shape,
    ...(unconditionalLabel !== undefined && { unconditionalLabel }),
    ...(sigmaData !== undefined && { sigmaData }),
  };
  return { network, path, config, sampling };
}

export interface SaveDiffusionOptions {
  /** Default F32. */
  readonly format?: FloatFormat;
  /** Other numbers for the network's parameters, flat (an average, say). */
  readonly values?: Float32Array;
  /** Weights larger than this become several files with an index; default 10 GB as in diffusers. */
  readonly maxFileBytes?: number;
}

/**
 * Writes a diffusion model, so that {@link loadDiffusionModel} opens the same one. A `UNet2D` with a path and a kind of
 * prediction that diffusers knows becomes a `DDPMPipeline`: `DDPMPipeline.from_pretrained(folder)` opens and runs it.
 * Whatever has no counterpart there says so by a class of our own, in `model_index.json` or in a part's `config.json`.
 * What cannot be written changes nothing, and nobody ever opens a mix of two models.
 *
 * @example
 * const config = { prediction: "noise", shape: [28, 28, 1] } as const;
 * saveDiffusionModel("my-model", { network, path: linearSchedule(), config }, { values: trainer.averageValues });
 *
 * @throws RangeError if the parts are no model, or a number is not finite or too large for the format; TypeError if no
 *   folder can name the network's class
 */
export function saveDiffusionModel(
  folder: string,
  model: DiffusionModelParts,
  options: SaveDiffusionOptions = {},
): void {
  requireText("folder", folder, "the name of a folder");
  requireKnownKeys("saveDiffusionModel", options, {
    format: ["F32", "F16", "BF16"],
    values: "a list",
    maxFileBytes: "a number",
  });
  requireFitting(model);
  const { network, path, config, record, sampling = usualSampling(path, config.shape) } = model;
  const entry = networkClassOf(network);
  const scheduler = toSchedulerConfig({ path, prediction: config.prediction, sigmaData: config.sigmaData, sampling });
  const pipeline = pipelineOf(entry, scheduler);
  const files = networkFiles(network, join(folder, entry.component), {
    ...options,
    config: sampleSize(entry, config, network),
  });
  const { unconditionalLabel } = config;
  saveModelFolder(folder, {
    className: pipeline,
    networks: { [entry.component]: { library: entry.library, className: entry.name, ...files } },
    configs: { [SCHEDULER]: { ...scheduler, file: SCHEDULER_CONFIG } },
    notes: {
      shape: config.shape,
      ...(unconditionalLabel !== undefined && { unconditional_label: unconditionalLabel }),
    },
    record,
  });
  removeOldFolder(folder);
}

/** The pipeline of diffusers that draws from the model, or our own. */
function pipelineOf({ name }: NetworkClass, { className }: SchedulerConfig): string {
  if (name !== "UNet2DModel") return OWN_PIPELINE;
  if (className === "DDIMScheduler") return "DDIMPipeline";
  return ["DDPMScheduler", "FlowMatchEulerDiscreteScheduler"].includes(className) ? "DDPMPipeline" : OWN_PIPELINE;
}

/** The size of images, which pipelines of diffusers ask the network for. */
function sampleSize(
  { name, exampleShape }: NetworkClass,
  { shape }: DiffusionConfig,
  network: DiffusionNetwork,
): Record<string, unknown> {
  if (!["UNet2DModel", "UNet2DConditionModel"].includes(name) || exampleShape?.(network)) return {};
  const [height, width] = shape;
  return { sample_size: height === width ? height : [height, width] };
}
