import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadParameters, saveParameters, writeFileAtomically, type FloatFormat } from "../nn/index.js";
import { Classifier, type ClassifierConfig } from "../models/index.js";
import type { TrainingRecord } from "./model-folder.js";

/**
 * Opens a classifier written by {@link saveClassifier}.
 *
 * @throws SafetensorsError if the weights are damaged; RangeError if they are of another network; Error if a file is
 *   missing or not JSON
 */
export function loadClassifier(folder: string): Classifier {
  const classifier = new Classifier(JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as ClassifierConfig);
  try {
    loadParameters(join(folder, "model.safetensors"), classifier.parameters);
  } catch (error) {
    classifier.dispose();
    throw error;
  }
  return classifier;
}

/**
 * Writes `config.json`, `training.json` (the record, and the accuracy on images held out) and `model.safetensors`, each
 * replaced atomically.
 *
 * @param options.values other numbers for the same parameters, flat (an average, say)
 * @throws RangeError if `values` has another length, or a number is too large for the format; the weights
 *   are not written then
 */
export function saveClassifier(
  folder: string,
  model: { classifier: Classifier; record?: TrainingRecord; heldOutAccuracy: number },
  options: { format?: FloatFormat; values?: Float32Array } = {},
): void {
  const { classifier, record, heldOutAccuracy } = model;
  writeFileAtomically(join(folder, "config.json"), `${JSON.stringify(classifier.config, null, 2)}\n`);
  writeFileAtomically(join(folder, "training.json"), `${JSON.stringify({ ...record, heldOutAccuracy }, null, 2)}\n`);
  saveParameters(join(folder, "model.safetensors"), classifier.parameters, options);
}
