/** How the VAEs of this repository are trained. */
import { loadDigits, moons, Normaliser } from "../../data/index.js";
import { ConvVae, MlpVae } from "../../networks/index.js";
import { RandomStream } from "../../random/index.js";
import type { TrainerOptions } from "../../training/index.js";
import type { Recipe, RecipeRun } from "../family.js";
import { saveVae, type StoredVae } from "./folder.js";
import { VaeTask } from "./task.js";

const trainerOptions = (total: number): TrainerOptions => ({
  learningRate: { peak: 1e-3, warmup: 100, decay: { kind: "cosine", total, from: Math.round(0.5 * total) } },
});

function runOf(
  network: StoredVae,
  { data, count }: { readonly data: Float32Array; readonly count: number },
  run: { readonly seed: number; readonly batchSize: number },
): RecipeRun {
  return {
    task: new VaeTask({ network, data, ...run }),
    examples: count,
    async save({ folder, trainer, record, format }) {
      saveVae(folder, { network, record }, { format, values: trainer.averageValues });
    },
  };
}

const mnistVae: Recipe = {
  description: "convolutional VAE on 9000 handwritten digits, 28×28, 16 latents",
  steps: 6000,
  batchSize: 64,
  trainerOptions,
  make({ seed, batchSize }) {
    const { images, count } = loadDigits({ split: "train" });
    const data = new Normaliser().encode(images);
    return runOf(new ConvVae({}, { seed }), { data, count }, { seed, batchSize });
  },
};

const moonsVae: Recipe = {
  description: "VAE on points of two moons, 2 latents",
  steps: 3000,
  batchSize: 256,
  trainerOptions,
  make({ seed, batchSize }) {
    const count = 20_000;
    const data = moons(count, new RandomStream(seed, "moons"), { noise: 0.1 });
    return runOf(new MlpVae({}, { seed }), { data, count }, { seed, batchSize });
  },
};

export const vaeRecipes: Readonly<Record<string, Recipe>> = { "mnist-vae": mnistVae, "moons-vae": moonsVae };
