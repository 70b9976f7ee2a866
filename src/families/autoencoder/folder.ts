/** An autoencoder's folder: `model_index.json` of a class of our own, and `vae/`, which diffusers opens as it is. */
import { requireKind } from "../../base/kinds.js";
import { requireLike, requireText } from "../../base/values.js";
import { join } from "node:path";
import { described, requireKnownKeys } from "../../base/check.js";
import type { FloatFormat } from "../../files/index.js";
import { AutoencoderKL } from "../../networks/index.js";
import { INDEX, loadPart, readIndex, readRecord, requirePart, saveModelFolder } from "../folder.js";
import { networkFiles } from "../network-folder.js";
import type { TrainingRecord } from "../record.js";
import { AutoencoderModel } from "./model.js";
import { namedPictures } from "./named-pictures.js";

/** Our class in `model_index.json`. */
export const AUTOENCODER_PIPELINE = "AutoencoderModel";
const PART = "vae";

export interface SaveAutoencoderOptions {
  /** Default F32. */
  readonly format?: FloatFormat;
  /** Other numbers for the same parameters, flat (an average, say). */
  readonly values?: Float32Array;
  /** Another scale of the latents than the network's: 1/deviation of them, see `latentSize`. */
  readonly scalingFactor?: number;
}

/**
 * Writes an autoencoder's folder, which `loadModel` opens, and diffusers' `AutoencoderKL.from_pretrained(folder,
 * subfolder="vae")`. What cannot be written changes nothing.
 *
 * @param model.trainedOn name of the pictures of this repository that it was trained on
 * @throws RangeError if a number is not finite or too large for the format, `values` has another length, or there are no
 *   pictures of that name
 */
export function saveAutoencoder(
  folder: string,
  model: { readonly network: AutoencoderKL; readonly record?: TrainingRecord; readonly trainedOn?: string },
  options: SaveAutoencoderOptions = {},
): void {
  requireText("folder", folder, "the name of a folder");
  requireLike("model", model, ["network"], "{ network }");
  requireKnownKeys("saveAutoencoder", options, {
    format: ["F32", "F16", "BF16"],
    values: "a list",
    scalingFactor: true,
  });
  const { network, record, trainedOn } = model;
  if (record !== undefined) requireKind("record", record, "an object");
  const { scalingFactor, ...save } = options;
  if (!(network instanceof AutoencoderKL)) {
    throw new TypeError(`network must be an AutoencoderKL, got ${described(network)}`);
  }
  if (scalingFactor !== undefined && !(Number.isFinite(scalingFactor) && scalingFactor > 0)) {
    throw new RangeError(`scalingFactor must be a positive number, got ${scalingFactor}`);
  }
  if (trainedOn !== undefined) requireNamed(trainedOn, "trainedOn");
  const config = scalingFactor === undefined ? {} : { scaling_factor: scalingFactor };
  const files = networkFiles(network, join(folder, PART), { ...save, config });
  saveModelFolder(folder, {
    className: AUTOENCODER_PIPELINE,
    networks: { [PART]: { library: "diffusers", className: "AutoencoderKL", ...files } },
    ...(trainedOn !== undefined && { notes: { trained_on: trainedOn } }),
    record,
  });
}

/**
 * Opens what {@link saveAutoencoder} wrote.
 *
 * @throws RangeError, SafetensorsError or Error if a file is missing, damaged or of another model
 */
export function loadAutoencoder(folder: string): AutoencoderModel {
  const index = readIndex(folder);
  const path = join(folder, INDEX);
  if (index.className !== AUTOENCODER_PIPELINE) {
    throw new RangeError(`${path} is of class "${index.className}", an autoencoder's is "${AUTOENCODER_PIPELINE}"`);
  }
  const trainedOn = index.notes.has("trained_on") ? index.notes.string("trained_on") : undefined;
  const pictures = trainedOn === undefined ? undefined : requireNamed(trainedOn, `${path}: trained_on`)("heldOut");
  const network = loadPart(requirePart(index, PART));
  if (network instanceof AutoencoderKL) {
    return new AutoencoderModel(network, { record: readRecord(folder), pictures, trainedOn });
  }
  network.dispose();
  throw new RangeError(`${join(folder, PART)} holds no AutoencoderKL, which is what it must be`);
}

function requireNamed(name: string, where: string): (typeof namedPictures)[string] {
  if (Object.hasOwn(namedPictures, name)) return namedPictures[name];
  throw new RangeError(`${where} names pictures "${name}"; there are ${Object.keys(namedPictures).join(", ")}`);
}
