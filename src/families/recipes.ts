import { loadDigits, Normaliser } from "../data/index.js";
import { logitNormalTimes } from "../diffusion/index.js";
import { Classifier, UNet2D, type UNet2DConfig } from "../networks/index.js";
import { ClassificationTask } from "./classifier/task.js";
import { DiffusionTask } from "./diffusion/task.js";
import { makeSchedule, type DiffusionConfig } from "./diffusion/folder.js";
import { type TrainerOptions, type TrainingTask } from "../training/index.js";

interface RecipeCommons {
  readonly description: string;
  readonly steps: number;
  readonly batchSize: number;
  trainerOptions(steps: number): TrainerOptions;
}

export interface DiffusionRecipe extends RecipeCommons {
  readonly kind: "diffusion";
  readonly diffusion: DiffusionConfig;
  make(options: { seed: number; batchSize: number }): { task: TrainingTask; network: UNet2D; examples: number };
}

export interface ClassifierRecipe extends RecipeCommons {
  readonly kind: "classifier";
  make(options: { seed: number; batchSize: number }): { task: TrainingTask; classifier: Classifier; examples: number };
}

export type Recipe = DiffusionRecipe | ClassifierRecipe;

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

/**
 * It learns v. What a digit becomes is settled at t = 500 … 800, where √ᾱ_t·x_0 is about as large as the error of a
 * small network that must copy x_t to name the noise in it; for v that copy is part of the conversion.
 * One label in ten is left out, so that the network can be guided, and sampled without a class.
 */
const mnistUnet: DiffusionRecipe = {
  kind: "diffusion",
  description: "DDPM U-Net on 9000 handwritten digits and their classes, 28×28",
  steps: 12000,
  batchSize: 32,
  diffusion: {
    schedule: { kind: "linear", T: 1000 },
    prediction: "velocity",
    shape: [28, 28, 1],
    unconditionalLabel: NO_CLASS,
  },
  trainerOptions: (total) => ({
    learningRate: { peak: 7e-4, warmup: 500, decay: { kind: "cosine", total, from: Math.round(0.6 * total) } },
    averageDecay: 0.9995,
  }),
  make({ seed, batchSize }) {
    const digits = loadDigits({ split: "train" });
    const network = new UNet2D(mnistUnetConfig, { seed });
    const { schedule, shape, prediction } = this.diffusion;
    const path = makeSchedule(schedule, "mnist-unet");
    const task = new DiffusionTask({
      network,
      schedule: path,
      prediction,
      times: logitNormalTimes(path, { mean: -0.3, deviation: 1.4 }),
      data: new Normaliser().encode(digits.images),
      labels: digits.labels,
      unconditional: { rate: 0.1, label: NO_CLASS },
      shape,
      batchSize,
      seed,
    });
    return { task, network, examples: digits.count };
  },
};

const mnistClassifier: ClassifierRecipe = {
  kind: "classifier",
  description: "convolutional classifier of handwritten digits, the judge of generated ones",
  steps: 1500,
  batchSize: 128,
  trainerOptions: (total) => ({
    learningRate: { peak: 2e-3, warmup: 50, decay: { kind: "cosine", total } },
    adamW: { weightDecay: 0.01 },
    averageDecay: 0.99,
  }),
  make({ seed, batchSize }) {
    const digits = loadDigits({ split: "train" });
    const classifier = new Classifier({}, { seed });
    const images = new Normaliser().encode(digits.images);
    const task = new ClassificationTask({ classifier, images, labels: digits.labels, batchSize, seed });
    return { task, classifier, examples: digits.count };
  },
};

export const recipes: Readonly<Record<string, Recipe>> = {
  "mnist-unet": mnistUnet,
  "mnist-classifier": mnistClassifier,
};

export function recipeNamed(name: string | undefined): Recipe {
  if (name !== undefined && Object.hasOwn(recipes, name)) return recipes[name];
  const list = Object.entries(recipes).map(([key, recipe]) => `  ${key.padEnd(18)}${recipe.description}`);
  throw new RangeError(
    `${name === undefined ? "name a recipe" : `unknown recipe "${name}"`}; there are\n${list.join("\n")}`,
  );
}
