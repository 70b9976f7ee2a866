/** The folder of a model that completes pictures: a class of our own, with diffusers' U-Net and scheduler as parts. */
import { join } from "node:path";
import { requireKnownKeys } from "../../base/check.js";
import { requireLike, requireText } from "../../base/values.js";
import { loadDigits, Normaliser } from "../../data/index.js";
import { parseSchedulerConfig, toSchedulerConfig, type Prediction } from "../../diffusion/index.js";
import type { FloatFormat } from "../../files/index.js";
import { UNet2D } from "../../networks/index.js";
import * as tf from "../../runtime/tf.js";
import { usualSampling } from "../diffusion/model.js";
import { INDEX, loadPart, readIndex, readRecord, requirePart, saveModelFolder } from "../folder.js";
import { readFields } from "../json-files.js";
import { networkFiles } from "../network-folder.js";
import { requireRestoring, RestorationModel, type RestorationParts } from "./model.js";
import { restorationTasks } from "./tasks.js";

/** Our class in `model_index.json`. */
export const RESTORATION_PIPELINE = "RestorationModel";
const [PART, SCHEDULER, SCHEDULER_CONFIG] = ["unet", "scheduler", "scheduler_config.json"];

/**
 * Writes a model's folder, which {@link loadRestoration} and `loadModel` open. What cannot be written changes nothing.
 *
 * @throws RangeError if the parts do not fit, a number is not finite or too large for the format, or `values` has another
 *   length
 */
export function saveRestoration(
  folder: string,
  model: Omit<RestorationParts, "originals">,
  options: { readonly format?: FloatFormat; readonly values?: Float32Array } = {},
): void {
  requireText("folder", folder, "the name of a folder");
  requireLike("model", model, ["task", "network", "path", "prediction"], "{ task, network, path, prediction }");
  requireKnownKeys("saveRestoration", model, { task: true, network: true, path: true, prediction: true, record: true });
  requireKnownKeys("saveRestoration", options, { format: true, values: true });
  requireRestoring(model);
  const { task, network, path, prediction, record } = model;
  const { sample_size: size, out_channels } = network.config;
  const shape = [...(Array.isArray(size) ? (size as number[]) : [size as number, size as number]), out_channels];
  const scheduler = toSchedulerConfig({ path, prediction, sampling: usualSampling(path, shape) });
  saveModelFolder(folder, {
    className: RESTORATION_PIPELINE,
    networks: {
      [PART]: { library: "diffusers", className: "UNet2DModel", ...networkFiles(network, join(folder, PART), options) },
    },
    configs: { [SCHEDULER]: { ...scheduler, file: SCHEDULER_CONFIG } },
    notes: { task },
    record,
  });
}

/**
 * Opens what {@link saveRestoration} wrote. Of pictures of 28 × 28 in one channel it knows the held-out digits.
 *
 * @throws RangeError, SafetensorsError or Error if a file is missing, damaged or of another model
 */
export function loadRestoration(folder: string): RestorationModel {
  const index = readIndex(folder);
  if (index.className !== RESTORATION_PIPELINE) {
    throw new RangeError(
      `${join(folder, INDEX)} is of class "${index.className}", a model that completes pictures of "${RESTORATION_PIPELINE}"`,
    );
  }
  const task = index.notes.oneOf("task", restorationTasks);
  index.notes.finish();
  const [part, schedulerPart] = [requirePart(index, PART), requirePart(index, SCHEDULER)];
  const file = join(schedulerPart.folder, SCHEDULER_CONFIG);
  const { values } = readFields(file, "it says what the network was trained on");
  const { path, prediction } = parseSchedulerConfig(values, file);
  const network = loadPart(part);
  try {
    if (!(network instanceof UNet2D))
      throw new RangeError(`${part.folder} holds no UNet2DModel, which is what it must be`);
    if (prediction === "preconditioned")
      throw new RangeError(`${file}: a preconditioned network completes no pictures`);
    const originals = isDigits(network) ? heldOutDigits : undefined;
    return new RestorationModel({
      task,
      network,
      path,
      prediction: prediction as Prediction,
      originals,
      record: readRecord(folder),
    });
  } catch (error) {
    network.dispose();
    throw error;
  }
}

const isDigits = ({ config }: UNet2D): boolean => config.sample_size === 28 && config.out_channels === 1;

/** Held-out digits from number `first` on, again from the first after the last. */
function heldOutDigits(first: number, count: number): tf.Tensor4D {
  const digits = loadDigits({ split: "heldOut" });
  const size = digits.height * digits.width;
  const bytes = new Uint8Array(count * size);
  for (let i = 0; i < count; i++) {
    const index = (first + i) % digits.count;
    bytes.set(digits.images.subarray(index * size, (index + 1) * size), i * size);
  }
  return tf.tensor4d(new Normaliser().encode(bytes), [count, digits.height, digits.width, 1]);
}
