/** How models that complete digits are trained. */
import { loadDigits, Normaliser } from "../../data/index.js";
import { linearSchedule } from "../../diffusion/index.js";
import { UNet2D, type UNet2DConfig } from "../../networks/index.js";
import { adamW } from "../../training/index.js";
import { DiffusionTask } from "../diffusion/task.js";
import type { Recipe } from "../family.js";
import { withPicture } from "../latent/input-network.js";
import { restorationExamples } from "./examples.js";
import { saveRestoration } from "./folder.js";
import { conditionChannels, type RestorationTask } from "./tasks.js";

const SHAPE = [28, 28, 1] as const;

/** 0.7 million parameters: most of a picture is given. */
const unetConfig = (task: RestorationTask): Partial<UNet2DConfig> => ({
  sample_size: 28,
  in_channels: 1 + conditionChannels(task, 1),
  out_channels: 1,
  block_out_channels: [32, 64, 64],
  layers_per_block: 1,
  down_block_types: ["DownBlock2D", "DownBlock2D", "DownBlock2D"],
  up_block_types: ["UpBlock2D", "UpBlock2D", "UpBlock2D"],
  norm_num_groups: 8,
});

function recipe(task: RestorationTask, description: string): Recipe {
  return {
    description,
    steps: 2500,
    batchSize: 32,
    trainerOptions: (total) => ({
      optimiser: adamW({ weightDecay: 1e-3 }),
      learningRate: { peak: 1e-3, warmup: Math.min(100, Math.ceil(total / 10)), decay: { kind: "cosine", total } },
      maxGradientNorm: 1,
      averageDecay: 0.998,
    }),
    make({ seed, batchSize }) {
      const digits = loadDigits({ split: "train" });
      const network = new UNet2D(unetConfig(task), { seed });
      const path = linearSchedule({ T: 1000 });
      const data = restorationExamples({ task, data: new Normaliser().encode(digits.images), shape: SHAPE, seed });
      return {
        task: new DiffusionTask({
          network: withPicture(network, SHAPE[2]),
          path,
          prediction: "velocity",
          data,
          shape: SHAPE,
          batchSize,
          seed,
        }),
        examples: digits.count,
        async save({ folder, trainer, record, format }) {
          const model = { task, network, path, prediction: "velocity", record } as const;
          saveRestoration(folder, model, { format, values: trainer.averageValues });
        },
      };
    },
  };
}

export const restorationRecipes: Readonly<Record<string, Recipe>> = {
  "digit-super-resolution": recipe("super-resolution", "digits of 14×14 drawn at 28×28: a picture as a condition"),
  "digit-inpainting": recipe("inpainting", "digits with a hole, filled: picture and mask as a condition"),
};
