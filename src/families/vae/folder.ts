/** A VAE's folder: `model_index.json` of a class of our own, and the network in `vae/`. */
import { requireText } from "../../base/values.js";
import { described, requireKnownKeys } from "../../base/check.js";
import { join } from "node:path";
import type { FloatFormat } from "../../files/index.js";
import { ConvVae, MlpVae, networkClassOf } from "../../networks/index.js";
import { INDEX, loadPart, readIndex, readRecord, requirePart, saveModelFolder } from "../folder.js";
import { networkFiles } from "../network-folder.js";
import type { TrainingRecord } from "../record.js";
import { VaeModel } from "./model.js";

/** Our class in `model_index.json`. */
export const VAE_PIPELINE = "VaeModel";
const PART = "vae";

/** The VAEs that a folder can hold. */
export type StoredVae = ConvVae | MlpVae;

/**
 * Writes a model's folder, which `loadModel` and {@link loadVae} open. What cannot be written changes nothing.
 *
 * @param options.values other numbers for the same parameters, flat (an average, say)
 * @throws RangeError if a number is not finite or too large for the format, or `values` has another length; TypeError for
 *   another network
 */
export function saveVae(
  folder: string,
  model: { readonly network: StoredVae; readonly record?: TrainingRecord },
  options: { readonly format?: FloatFormat; readonly values?: Float32Array } = {},
): void {
  requireText("folder", folder, "the name of a folder");
  requireKnownKeys("saveVae", options, { format: ["F32", "F16", "BF16"], values: "a list" });
  // A model has more than its parts.
  if (!(model instanceof VaeModel))
    requireKnownKeys("the parts of a VAE", model, { network: true, record: "an object" });
  const { network, record } = model;
  if (!isStoredVae(network)) {
    throw new TypeError(`a folder of a VAE holds a ConvVae or an MlpVae, got ${described(network)}`);
  }
  const files = networkFiles(network, join(folder, PART), options);
  const { library, name } = networkClassOf(network);
  saveModelFolder(folder, {
    className: VAE_PIPELINE,
    networks: { [PART]: { library, className: name, ...files } },
    record,
  });
}

/**
 * Opens what {@link saveVae} wrote.
 *
 * @throws RangeError, SafetensorsError or Error if a file is missing, damaged or of another model
 */
export function loadVae(folder: string): VaeModel {
  const index = readIndex(folder);
  if (index.className !== VAE_PIPELINE) {
    throw new RangeError(`${join(folder, INDEX)} is of class "${index.className}", a VAE's is "${VAE_PIPELINE}"`);
  }
  const network = loadPart(requirePart(index, PART));
  if (isStoredVae(network)) return new VaeModel(network, readRecord(folder));
  network.dispose();
  throw new RangeError(
    `${join(folder, PART)} holds no ConvVae or MlpVae, which is what a "${VAE_PIPELINE}" is made of`,
  );
}

function isStoredVae(network: unknown): network is StoredVae {
  return network instanceof ConvVae || network instanceof MlpVae;
}
