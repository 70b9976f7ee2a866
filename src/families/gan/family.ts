/** Generative adversarial networks as a family: how they are trained, opened and drawn from. */
import type { Family } from "../family.js";
import { GAN_PIPELINE, loadGan } from "./folder.js";
import { ganDrawOptions } from "./model.js";
import { ganRecipes } from "./recipes.js";

export const ganFamily: Family = {
  name: "gan",
  pipelines: [GAN_PIPELINE],
  recipes: ganRecipes,
  options: ganDrawOptions,
  open: loadGan,
};
