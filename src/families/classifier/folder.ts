/** A classifier's folder: an index, its network and a record of its training, in classes of our own. */
import { described, requireKnownKeys } from "../../base/check.js";
import { requireShare, requireText } from "../../base/values.js";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { FloatFormat } from "../../files/index.js";
import { loadParameters } from "../../nn/index.js";
import { Classifier, networkClassOf } from "../../networks/index.js";
import { hasIndex, INDEX, loadPart, readIndex, requirePart, saveModelFolder } from "../folder.js";
import { readFields } from "../json-files.js";
import { networkFiles } from "../network-folder.js";
import type { TrainingRecord } from "../record.js";

const OWN_CLASS = "Classifier";
/** What a classifier's folder held before there was an index: configuration and weights. */
const OLD_FILES = ["config.json", "model.safetensors"] as const;

/**
 * Opens a classifier written by {@link saveClassifier}, or a folder of before there was an index.
 *
 * @throws SafetensorsError if the weights are damaged; RangeError if they, or the folder, are of another network; Error
 *   if a file is missing
 */
export function loadClassifier(folder: string): Classifier {
  requireText("folder", folder, "the name of a folder");
  if (!hasIndex(folder) && isOldFolder(folder)) return loadOldFolder(folder);
  const index = readIndex(folder);
  if (index.className !== OWN_CLASS) {
    throw new RangeError(`${join(folder, INDEX)} is of class "${index.className}", a classifier of "${OWN_CLASS}"`);
  }
  const network = loadPart(requirePart(index, "classifier"));
  if (network instanceof Classifier) return network;
  network.dispose();
  throw new RangeError(`${folder} holds a ${networkClassOf(network).name} where a Classifier should be`);
}

/**
 * Writes a classifier: an index, the folder `classifier`, and `training.json` with the record and the accuracy on images
 * held out. What cannot be written changes nothing.
 *
 * @param options.values other numbers for the same parameters, flat (an average, say)
 * @throws RangeError if `values` has another length, or a number is too large for the format
 */
export function saveClassifier(
  folder: string,
  model: { classifier: Classifier; record?: TrainingRecord; heldOutAccuracy: number },
  options: { format?: FloatFormat; values?: Float32Array } = {},
): void {
  requireText("folder", folder, "the name of a folder");
  requireKnownKeys("saveClassifier", options, { format: ["F32", "F16", "BF16"], values: "a list" });
  requireKnownKeys("saveClassifier", model, { classifier: true, record: "an object", heldOutAccuracy: true });
  const { classifier, record, heldOutAccuracy } = model;
  if (!(classifier instanceof Classifier)) {
    throw new TypeError(`classifier must be a Classifier, got ${described(classifier)}`);
  }
  requireShare("heldOutAccuracy", heldOutAccuracy);
  const { name: className, component, library } = networkClassOf(classifier);
  saveModelFolder(folder, {
    className: OWN_CLASS,
    networks: { [component]: { library, className, ...networkFiles(classifier, join(folder, component), options) } },
    record: { ...record, heldOutAccuracy },
  });
  if (isOldFolder(folder)) for (const name of OLD_FILES) rmSync(join(folder, name));
}

function isOldFolder(folder: string): boolean {
  return OLD_FILES.every((name) => existsSync(join(folder, name)));
}

function loadOldFolder(folder: string): Classifier {
  const [config, weights] = OLD_FILES.map((name) => join(folder, name));
  const classifier = new Classifier(readFields(config, "it says how the network is built").values);
  try {
    loadParameters(weights, classifier.parameters);
  } catch (error) {
    classifier.dispose();
    throw error;
  }
  return classifier;
}
