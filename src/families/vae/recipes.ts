/** How the VAEs of this repository are trained. */
import { ConvVae, MlpVae } from "../../networks/index.js";
import type { Recipe, RecipeRun } from "../family.js";
import { digitExamples, moonExamples, savingAverage, warmThenCosine, type Examples } from "../recipe-parts.js";
import { saveVae, type StoredVae } from "./folder.js";
import { VaeTask } from "./task.js";

function runOf(
  network: StoredVae,
  { data, count }: Examples,
  { seed, batchSize }: { readonly seed: number; readonly batchSize: number },
): RecipeRun {
  return {
    task: new VaeTask({ network, data, seed, batchSize }),
    examples: count,
    save: savingAverage(network, saveVae),
  };
}

const mnistVae: Recipe = {
  description: "convolutional VAE on 9000 handwritten digits, 28×28, 16 latents",
  steps: 6000,
  batchSize: 64,
  trainerOptions: warmThenCosine(1e-3),
  make: (run) => runOf(new ConvVae({}, { seed: run.seed }), digitExamples(), run),
};

const moonsVae: Recipe = {
  description: "VAE on points of two moons, 2 latents",
  steps: 3000,
  batchSize: 256,
  trainerOptions: warmThenCosine(1e-3),
  make: (run) => runOf(new MlpVae({}, { seed: run.seed }), moonExamples(run.seed), run),
};

export const vaeRecipes: Readonly<Record<string, Recipe>> = { "mnist-vae": mnistVae, "moons-vae": moonsVae };
