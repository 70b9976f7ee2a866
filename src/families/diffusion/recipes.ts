/** How the diffusion models of this repository are trained. */
import { loadDigits, Normaliser } from "../../data/index.js";
import { linearSchedule, logitNormalTimes } from "../../diffusion/index.js";
import { UNet2D, type UNet2DConfig } from "../../networks/index.js";
import { labelColumn } from "../conditions.js";
import type { Recipe } from "../family.js";
import { saveDiffusionModel } from "./folder.js";
import type { DiffusionConfig } from "./model.js";
import { DiffusionTask } from "./task.js";

/** Row 10 of the table of classes, after the ten digits, stands for "any digit". */
const NO_CLASS = 10;

/** 3.9 million parameters, most of them at 7×7, where they cost least; three levels 28 – 14 – 7, attention at 7×7. */
export const mnistUnetConfig: Partial<UNet2DConfig> = {
  sample_size: 28,
  in_channels: 1,
  out_channels: 1,
  block_out_channels: [32, 64, 128],
  layers_per_block: 2,
  num_class_embeds: NO_CLASS + 1,
  down_block_types: ["DownBlock2D", "DownBlock2D", "AttnDownBlock2D"],
  up_block_types: ["AttnUpBlock2D", "UpBlock2D", "UpBlock2D"],
  attention_head_dim: 32,
  norm_num_groups: 8,
};

const config = {
  prediction: "velocity",
  shape: [28, 28, 1],
  unconditionalLabel: NO_CLASS,
} as const satisfies DiffusionConfig;

/**
 * It learns v. What a digit becomes is settled at t = 500 … 800, where √ᾱ_t·x_0 is about as large as the error of a
 * small network that must copy x_t to name the noise in it; for v that copy is part of the conversion.
 * One label in ten is left out, so that the network can be guided, and sampled without a class.
 */
const mnistUnet: Recipe = {
  description: "DDPM U-Net on 9000 handwritten digits and their classes, 28×28",
  steps: 12000,
  batchSize: 32,
  trainerOptions: (total) => ({
    learningRate: { peak: 7e-4, warmup: 500, decay: { kind: "cosine", total, from: Math.round(0.6 * total) } },
    averageDecay: 0.9995,
  }),
  make({ seed, batchSize }) {
    const digits = loadDigits({ split: "train" });
    const network = new UNet2D(mnistUnetConfig, { seed });
    const path = linearSchedule({ T: 1000 });
    const task = new DiffusionTask({
      network,
      path,
      prediction: config.prediction,
      times: logitNormalTimes(path, { mean: -0.3, deviation: 1.4 }),
      data: new Normaliser().encode(digits.images),
      conditions: { label: labelColumn(digits.labels, { none: NO_CLASS }) },
      unconditional: { rate: 0.1 },
      shape: config.shape,
      batchSize,
      seed,
    });
    return {
      task,
      examples: digits.count,
      async save({ folder, trainer, record, format }) {
        saveDiffusionModel(folder, { network, path, config, record }, { format, values: trainer.averageValues });
      },
    };
  },
};

export const diffusionRecipes: Readonly<Record<string, Recipe>> = { "mnist-unet": mnistUnet };
