/** Normalising flows as a family: how they are trained, opened and drawn from. */
import type { Family } from "../family.js";
import { FLOW_PIPELINE, loadNormalisingFlow } from "./folder.js";
import { flowDrawOptions } from "./model.js";
import { flowRecipes } from "./recipes.js";

export const flowFamily: Family = {
  name: "flow",
  pipelines: [FLOW_PIPELINE],
  recipes: flowRecipes,
  options: flowDrawOptions,
  open: loadNormalisingFlow,
};
