/** A detector's folder: an index, its network and a record of its training, in classes of our own. */
import { requireText } from "../../base/values.js";
import { join } from "node:path";
import { requireKnownKeys } from "../../base/check.js";
import type { FloatFormat } from "../../files/index.js";
import { DigitDetector, networkClassOf } from "../../networks/index.js";
import { hasIndex, INDEX, loadPart, readIndex, requirePart, saveModelFolder } from "../folder.js";
import { networkFiles } from "../network-folder.js";
import type { TrainingRecord } from "../record.js";

const OWN_CLASS = "DigitDetector";

/** Whether a folder says that it holds a detector. @throws RangeError for an index that is damaged */
export function isDetectorFolder(folder: string): boolean {
  return hasIndex(folder) && readIndex(folder).className === OWN_CLASS;
}

/**
 * Opens a detector written by {@link saveDetector}.
 *
 * @throws SafetensorsError if the weights are damaged; RangeError if they, or the folder, are of another network; Error
 *   if a file is missing
 */
export function loadDetector(folder: string): DigitDetector {
  const index = readIndex(folder);
  if (index.className !== OWN_CLASS) {
    throw new RangeError(`${join(folder, INDEX)} is of class "${index.className}", a detector of "${OWN_CLASS}"`);
  }
  const network = loadPart(requirePart(index, "detector"));
  if (network instanceof DigitDetector) return network;
  network.dispose();
  throw new RangeError(`${folder} holds a ${networkClassOf(network).name} where a DigitDetector should be`);
}

/**
 * Writes a detector: an index, the folder `detector`, and `training.json` with the record and the share of held-out digits
 * that are read right. What cannot be written changes nothing.
 *
 * @param options.values other numbers for the same parameters, flat (an average, say)
 * @throws RangeError if `values` has another length, or a number is too large for the format
 */
export function saveDetector(
  folder: string,
  model: { detector: DigitDetector; record?: TrainingRecord; heldOutDigits: number },
  options: { format?: FloatFormat; values?: Float32Array } = {},
): void {
  requireText("folder", folder, "the name of a folder");
  requireKnownKeys("saveDetector", options, { format: ["F32", "F16", "BF16"], values: "a list" });
  requireKnownKeys("saveDetector", model, { detector: true, record: "an object", heldOutDigits: "a number" });
  const { detector, record, heldOutDigits } = model;
  const { name: className, component, library } = networkClassOf(detector);
  saveModelFolder(folder, {
    className: OWN_CLASS,
    networks: { [component]: { library, className, ...networkFiles(detector, join(folder, component), options) } },
    record: { ...record, heldOutDigits },
  });
}
