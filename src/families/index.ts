/** Families of models: their tasks, objectives, recipes and folders, and how one is opened and drawn from. */
export { ClassificationTask, type ClassificationBatch, type ClassificationTaskOptions } from "./classifier/task.js";
export { DiffusionTask, type DiffusionBatch, type DiffusionTaskOptions } from "./diffusion/task.js";
export { contextColumn, labelColumn, type Column, type ConditionOptions } from "./conditions.js";
export {
  clockOf,
  learnedVarianceDenoiser,
  networkDenoiser,
  type NetworkClock,
  type NetworkDenoiser,
  type NetworkDenoiserOptions,
  type TimeNetwork,
} from "./diffusion/network-denoiser.js";
export {
  simpleObjective,
  type NoisyBatch,
  type Objective,
  type SimpleObjectiveOptions,
} from "./diffusion/objective.js";
export {
  boundObjective,
  hybridObjective,
  type LearnedVarianceOptions,
} from "./diffusion/learned-variance-objective.js";
export {
  preconditionedDenoiser,
  preconditionedObjective,
  type PreconditionedDenoiserOptions,
  type PreconditionedOptions,
} from "./diffusion/preconditioned-objective.js";
export {
  fromDiffusers,
  loadNetwork,
  saveNetwork,
  toDiffusers,
  type DiffusersClass,
  type DiffusersNetwork,
  type DiffusersNetworks,
  type LoadNetworkOptions,
  type SaveNetworkOptions,
} from "./network-folder.js";
export {
  loadDiffusionModel,
  saveDiffusionModel,
  type DiffusionNetworkClass,
  type LoadDiffusionOptions,
  type SaveDiffusionOptions,
} from "./diffusion/folder.js";
export { diffusionModel } from "./diffusion/assemble.js";
export {
  unconditionalOf,
  type DiffusionConfig,
  type DiffusionDrawRequest,
  type DiffusionModel,
  type DiffusionModelParts,
  type DiffusionNetwork,
} from "./diffusion/model.js";
export { DEFAULT_STEPS, type AnySampler } from "./diffusion/sampler-choice.js";
export { isDiffusionModel } from "./diffusion/family.js";
export { families, loadModel } from "./list.js";
export { generate, GUIDANCE_SCALE, labelsFor, type GenerateOptions } from "./diffusion/generate.js";
export { modelFolder } from "./model-choice.js";
export { loadClassifier, saveClassifier } from "./classifier/folder.js";
export { isDetectorFolder, loadDetector, saveDetector } from "./detector/folder.js";
export { readCompositions } from "./detector/read.js";
export { DetectionTask, type DetectionBatch, type DetectionTaskOptions } from "./detector/task.js";
export type { AskableCondition, DrawRequest, GenerativeModel } from "./model.js";
export type { DrawOption, Family, Recipe, RecipeRun, SaveTarget } from "./family.js";
export type { TrainingRecord } from "./record.js";
export * from "./vae/index.js";
export * from "./autoencoder/index.js";
export * from "./flow/index.js";
export * from "./gan/index.js";
export * from "./clip/index.js";
export {
  LatentModel,
  loadLatent,
  saveLatent,
  weightedTexts,
  type InversionFile,
  type LatentDefaults,
  type LatentDrawRequest,
  type LatentParts,
  type LatentStep,
  type LoadLatentOptions,
  type LoraFile,
  type OneFileOptions,
  type OneFilePrediction,
  type SaveLatentOptions,
  type StoredLatentParts,
  type WeightedText,
} from "./latent/index.js";
