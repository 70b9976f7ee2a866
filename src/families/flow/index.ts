// Normalising flows: the task, the density, the model and its folder.
export { NormalisingFlowTask, type NormalisingFlowBatch, type NormalisingFlowTaskOptions } from "./task.js";
export { logDensity } from "./density.js";
export { dequantised, greyLevels } from "./dequantisation.js";
export type { FlowLikelihoodOptions } from "./likelihood.js";
export { NormalisingFlowModel, type FlowDrawRequest } from "./model.js";
export { loadNormalisingFlow, saveNormalisingFlow, type StoredFlow } from "./folder.js";
export { flowFamily } from "./family.js";
