/** Models that complete pictures as a family: how they are trained, opened and drawn from. */
import type { Family } from "../family.js";
import { loadRestoration, RESTORATION_PIPELINE } from "./folder.js";
import { restorationRecipes } from "./recipes.js";

export const restorationFamily: Family = {
  name: "restoration",
  pipelines: [RESTORATION_PIPELINE],
  recipes: restorationRecipes,
  // Picture, mask, sampler and steps are options that other families bring.
  options: {},
  open: loadRestoration,
};
