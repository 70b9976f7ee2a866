// Autoencoders for latent diffusion: the task, the size of their latents, the model and its folder.
export { AutoencoderTask, type AutoencoderBatch, type AutoencoderTaskOptions, type KlWeight } from "./task.js";
export { picturesOf, type PictureSource } from "./pictures.js";
export { latentSize, type LatentSize, type LatentSizeOptions } from "./latent-moments.js";
export {
  AutoencoderModel,
  type AutoencoderDrawRequest,
  type AutoencoderModelParts,
  type LatentOrigin,
} from "./model.js";
export { loadAutoencoder, saveAutoencoder, type SaveAutoencoderOptions } from "./folder.js";
export { autoencoderFamily } from "./family.js";
