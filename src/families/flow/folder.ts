/** A flow's folder: `model_index.json` of a class of our own, and the network in `flow/`. */
import { requireText } from "../../base/values.js";
import { described, requireKnownKeys } from "../../base/check.js";
import { join } from "node:path";
import type { FloatFormat } from "../../files/index.js";
import { Glow, networkClassOf, RealNvp } from "../../networks/index.js";
import { INDEX, loadPart, readIndex, readRecord, requirePart, saveModelFolder } from "../folder.js";
import { networkFiles } from "../network-folder.js";
import type { TrainingRecord } from "../record.js";
import { NormalisingFlowModel } from "./model.js";

/** Our class in `model_index.json`. */
export const FLOW_PIPELINE = "NormalisingFlowModel";
const PART = "flow";

/** The flows that a folder can hold. */
export type StoredFlow = RealNvp | Glow;

/**
 * Writes a model's folder, which `loadModel` and {@link loadNormalisingFlow} open. What cannot be written changes nothing.
 *
 * @param options.values other numbers for the same parameters, flat (an average, say)
 * @throws RangeError if a number is not finite or too large for the format, or `values` has another length; TypeError for
 *   another network
 */
export function saveNormalisingFlow(
  folder: string,
  model: { readonly network: StoredFlow; readonly record?: TrainingRecord },
  options: { readonly format?: FloatFormat; readonly values?: Float32Array } = {},
): void {
  requireText("folder", folder, "the name of a folder");
  requireKnownKeys("saveNormalisingFlow", options, { format: ["F32", "F16", "BF16"], values: "a list" });
  // A model has more than its parts.
  if (!(model instanceof NormalisingFlowModel)) {
    requireKnownKeys("the parts of a normalising flow", model, { network: true, record: "an object" });
  }
  const { network, record } = model;
  if (!isStoredFlow(network)) {
    throw new TypeError(`a folder of a normalising flow holds a RealNvp or a Glow, got ${described(network)}`);
  }
  const files = networkFiles(network, join(folder, PART), options);
  const { library, name } = networkClassOf(network);
  saveModelFolder(folder, {
    className: FLOW_PIPELINE,
    networks: { [PART]: { library, className: name, ...files } },
    record,
  });
}

/**
 * Opens what {@link saveNormalisingFlow} wrote.
 *
 * @throws RangeError, SafetensorsError or Error if a file is missing, damaged or of another model
 */
export function loadNormalisingFlow(folder: string): NormalisingFlowModel {
  const index = readIndex(folder);
  if (index.className !== FLOW_PIPELINE) {
    throw new RangeError(`${join(folder, INDEX)} is of class "${index.className}", a flow's is "${FLOW_PIPELINE}"`);
  }
  const network = loadPart(requirePart(index, PART));
  if (isStoredFlow(network)) {
    return new NormalisingFlowModel(network, readRecord(folder));
  }
  network.dispose();
  throw new RangeError(`${join(folder, PART)} holds no RealNvp or Glow, which is what a "${FLOW_PIPELINE}" is made of`);
}

function isStoredFlow(network: unknown): network is StoredFlow {
  return network instanceof RealNvp || network instanceof Glow;
}
