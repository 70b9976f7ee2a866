/** How the flows of this repository are trained. */
import { loadDigits, moons, Normaliser } from "../../data/index.js";
import { Glow, RealNvp } from "../../networks/index.js";
import { RandomStream } from "../../random/index.js";
import type { TrainerOptions } from "../../training/index.js";
import type { Recipe, RecipeRun } from "../family.js";
import { saveNormalisingFlow, type StoredFlow } from "./folder.js";
import { NormalisingFlowTask } from "./task.js";

const trainerOptions = (total: number): TrainerOptions => ({
  learningRate: { peak: 2e-3, warmup: 100, decay: { kind: "cosine", total, from: Math.round(0.5 * total) } },
});

function runOf(
  network: StoredFlow,
  { data, count }: { readonly data: Float32Array; readonly count: number },
  run: { readonly seed: number; readonly batchSize: number },
): RecipeRun {
  return {
    task: new NormalisingFlowTask({ network, data, ...run }),
    examples: count,
    async save({ folder, trainer, record, format }) {
      saveNormalisingFlow(folder, { network, record }, { format, values: trainer.averageValues });
    },
  };
}

const mnistGlow: Recipe = {
  description: "normalising flow (Glow) on 9000 handwritten digits, 28×28, with its likelihood",
  steps: 1500,
  batchSize: 64,
  trainerOptions,
  make({ seed, batchSize }) {
    const { images, count } = loadDigits({ split: "train" });
    const data = new Normaliser().encode(images);
    const network = new Glow({ num_steps: 16, hidden_channels: 64 }, { seed });
    return runOf(network, { data, count }, { seed, batchSize });
  },
};

const moonsRealNvp: Recipe = {
  description: "normalising flow (RealNVP) on points of two moons, with its exact likelihood",
  steps: 3000,
  batchSize: 256,
  trainerOptions,
  make({ seed, batchSize }) {
    const count = 20_000;
    const data = moons(count, new RandomStream(seed, "moons"), { noise: 0.1 });
    return runOf(new RealNvp({}, { seed }), { data, count }, { seed, batchSize });
  },
};

export const flowRecipes: Readonly<Record<string, Recipe>> = {
  "mnist-glow": mnistGlow,
  "moons-realnvp": moonsRealNvp,
};
