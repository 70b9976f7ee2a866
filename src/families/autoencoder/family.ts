/** Autoencoders for latent diffusion as a family: how they are trained, opened and looked at. */
import type { Family } from "../family.js";
import { AUTOENCODER_PIPELINE, loadAutoencoder } from "./folder.js";
import { autoencoderDrawOptions } from "./model.js";
import { autoencoderRecipes } from "./recipes.js";

export const autoencoderFamily: Family = {
  name: "autoencoder",
  pipelines: [AUTOENCODER_PIPELINE],
  recipes: autoencoderRecipes,
  options: autoencoderDrawOptions,
  open: loadAutoencoder,
};
