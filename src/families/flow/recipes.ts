/** How the flows of this repository are trained. */
import { Glow, RealNvp } from "../../networks/index.js";
import type { Recipe, RecipeRun } from "../family.js";
import { digitExamples, moonExamples, savingAverage, warmThenCosine, type Examples } from "../recipe-parts.js";
import { saveNormalisingFlow, type StoredFlow } from "./folder.js";
import { NormalisingFlowTask } from "./task.js";

function runOf(
  network: StoredFlow,
  { data, count }: Examples,
  { seed, batchSize }: { readonly seed: number; readonly batchSize: number },
): RecipeRun {
  const task = new NormalisingFlowTask({ network, data, seed, batchSize });
  return { task, examples: count, save: savingAverage(network, saveNormalisingFlow) };
}

const mnistGlow: Recipe = {
  description: "normalising flow (Glow) on 9000 handwritten digits, 28×28, with its likelihood",
  steps: 1500,
  batchSize: 64,
  trainerOptions: warmThenCosine(2e-3),
  make: (run) => runOf(new Glow({ num_steps: 16, hidden_channels: 64 }, { seed: run.seed }), digitExamples(), run),
};

const moonsRealNvp: Recipe = {
  description: "normalising flow (RealNVP) on points of two moons, with its exact likelihood",
  steps: 3000,
  batchSize: 256,
  trainerOptions: warmThenCosine(2e-3),
  make: (run) => runOf(new RealNvp({}, { seed: run.seed }), moonExamples(run.seed), run),
};

export const flowRecipes: Readonly<Record<string, Recipe>> = {
  "mnist-glow": mnistGlow,
  "moons-realnvp": moonsRealNvp,
};
