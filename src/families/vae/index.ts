// Variational autoencoders: the task, the bound, the model and its folder.
export { VaeTask, type VaeBatch, type VaeTaskOptions } from "./task.js";
export { boundTerms, decodedMean, decodedSample, logLikelihoodGivenLatent, type BoundTerms } from "./elbo.js";
export { importanceBound, type ImportanceBoundOptions } from "./importance-bound.js";
export { VaeModel, type Decoding, type VaeDrawRequest } from "./model.js";
export { loadVae, saveVae, type StoredVae } from "./folder.js";
export { vaeFamily } from "./family.js";
