/** Variational autoencoders as a family: how they are trained, opened and drawn from. */
import type { Family } from "../family.js";
import { loadVae, VAE_PIPELINE } from "./folder.js";
import { vaeDrawOptions } from "./model.js";
import { vaeRecipes } from "./recipes.js";

export const vaeFamily: Family = {
  name: "vae",
  pipelines: [VAE_PIPELINE],
  recipes: vaeRecipes,
  options: vaeDrawOptions,
  open: loadVae,
};
