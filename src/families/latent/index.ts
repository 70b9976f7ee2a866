/** Latent diffusion: pictures from prompts. */
export { LatentModel } from "./model.js";
export { loadLatent, saveLatent, type SaveLatentOptions, type StoredLatentParts } from "./folder.js";
export type { LatentDrawRequest, LatentStep } from "./request.js";
export type { LatentDefaults, LatentParts } from "./parts.js";
export { weightedTexts, type WeightedText } from "./prompt/weights.js";
export { latentFamily } from "./family.js";
