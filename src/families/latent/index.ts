/** Latent diffusion: pictures from prompts. */
export { LatentModel } from "./model.js";
export { isOneFile, loadLatent, saveLatent, type LoadLatentOptions, type SaveLatentOptions } from "./folder.js";
export type { InversionFile } from "./inversion.js";
export type { LoraFile } from "./lora.js";
export type { OneFileOptions, OneFilePrediction } from "./one-file.js";
export type { LatentDrawRequest, LatentStep } from "./request.js";
export type { LatentDefaults, LatentParts, StoredLatentParts } from "./parts.js";
export { weightedTexts, type WeightedText } from "./prompt/weights.js";
export { latentFamily } from "./family.js";
