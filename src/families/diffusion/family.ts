/** Diffusion models as a family: how they are trained, opened and drawn from. */
import { requireLike } from "../../base/values.js";
import type { Family } from "../family.js";
import { drawOptions } from "./draw.js";
import { diffusionPipelines, openDiffusionModel } from "./folder.js";
import type { GenerativeModel } from "../model.js";
import type { DiffusionModel } from "./model.js";
import { diffusionRecipes } from "./recipes.js";

export const diffusionFamily: Family = {
  name: "diffusion",
  pipelines: diffusionPipelines,
  recipes: diffusionRecipes,
  options: drawOptions,
  open: (folder) => openDiffusionModel(folder),
};

/** Whether a model that `loadModel` opened is a diffusion model: it then has a network, a path and a denoiser. */
export function isDiffusionModel(model: GenerativeModel): model is DiffusionModel {
  requireLike("model", model, ["family"], "loadModel(folder)");
  return model.family === diffusionFamily.name;
}
