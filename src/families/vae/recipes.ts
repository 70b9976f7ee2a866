/** How the VAEs of this repository are trained. */
import { loadDigits, Normaliser } from "../../data/index.js";
import { ConvVae } from "../../networks/index.js";
import type { Recipe } from "../family.js";
import { saveVae } from "./folder.js";
import { VaeTask } from "./task.js";

const mnistVae: Recipe = {
  description: "convolutional VAE on 9000 handwritten digits, 28×28, 16 latents",
  steps: 6000,
  batchSize: 64,
  trainerOptions: (total) => ({
    learningRate: { peak: 1e-3, warmup: 100, decay: { kind: "cosine", total, from: Math.round(0.5 * total) } },
  }),
  make({ seed, batchSize }) {
    const digits = loadDigits({ split: "train" });
    const network = new ConvVae({}, { seed });
    const data = new Normaliser().encode(digits.images);
    return {
      task: new VaeTask({ network, data, batchSize, seed }),
      examples: digits.count,
      async save({ folder, trainer, record, format }) {
        saveVae(folder, { network, record }, { format, values: trainer.averageValues });
      },
    };
  },
};

export const vaeRecipes: Readonly<Record<string, Recipe>> = { "mnist-vae": mnistVae };
