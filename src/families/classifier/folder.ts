import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadParameters, stageParameters } from "../../nn/index.js";
import { replaceModel, type FloatFormat, type StagedFile } from "../../files/index.js";
import { Classifier, type ClassifierConfig } from "../../networks/index.js";
import type { TrainingRecord } from "../record.js";

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
 * Writes `config.json`, `training.json` (the record, and the accuracy on images held out) and `model.safetensors`.
 *
 * @param options.values other numbers for the same parameters, flat (an average, say)
 * @throws RangeError if `values` has another length, or a number is too large for the format; nothing is written then
 */
export function saveClassifier(
  folder: string,
  model: { classifier: Classifier; record?: TrainingRecord; heldOutAccuracy: number },
  options: { format?: FloatFormat; values?: Float32Array } = {},
): void {
  const { classifier, record, heldOutAccuracy } = model;
  const weights = join(folder, "model.safetensors");
  const toJson = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
  function* staged(): Generator<StagedFile> {
    yield stageParameters(weights, classifier.parameters, options);
  }
  replaceModel({
    configs: { [join(folder, "config.json")]: toJson(classifier.config) },
    notes: { [join(folder, "training.json")]: toJson({ ...record, heldOutAccuracy }) },
    weights: staged(),
    entries: [weights],
  });
}
