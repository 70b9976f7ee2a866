/** Latent diffusion as a family: how its pipelines are trained, opened and drawn from. */
import type { Family } from "../family.js";
import { latentPipelines, loadLatent } from "./folder.js";
import { latentRecipes } from "./recipes.js";
import { latentDrawOptions } from "./request.js";

export const latentFamily: Family = {
  name: "latent",
  pipelines: latentPipelines,
  recipes: latentRecipes,
  options: latentDrawOptions,
  open: (folder) => loadLatent(folder),
};
