export * from "./classifier/task.js";
export * from "./diffusion/task.js";
export * from "./conditions.js";
export * from "./diffusion/network-denoiser.js";
export * from "./diffusion/objective.js";
export * from "./diffusion/learned-variance-objective.js";
export * from "./diffusion/preconditioned-objective.js";
export * from "./diffusion/folder.js";
export {
  DEFAULT_STEPS,
  generate,
  GUIDANCE_SCALE,
  labelsFor,
  type AnySampler,
  type GenerateOptions,
} from "./diffusion/generate.js";
export { modelFolder } from "./model-choice.js";
export * from "./classifier/folder.js";
export type { AskableCondition, DrawRequest, GenerativeModel } from "./model.js";
export type { DrawOption, Family, Recipe, RecipeRun, SaveTarget } from "./family.js";
export type { TrainingRecord } from "./record.js";
