/** How the autoencoder of this repository is trained. */
import { AutoencoderKL } from "../../networks/index.js";
import { adamW } from "../../training/index.js";
import type { Recipe } from "../family.js";
import { saveAutoencoder } from "./folder.js";
import { latentSize } from "./latent-moments.js";
import { namedPictures } from "./named-pictures.js";
import { AutoencoderTask } from "./task.js";

/** Name of the pictures. */
const TRAINED_ON = "captioned-digits";
/** Share of the training after which the latents are held by the lightest hand only. */
const ANNEALED = 0.1;

const tinyAutoencoder: Recipe = {
  description: "autoencoder of 0.95 million numbers for digits in colour, 32×32×3 to latents of 8×8×4",
  steps: 5500,
  batchSize: 64,
  trainerOptions: (total) => ({
    optimiser: adamW({ beta2: 0.99, weightDecay: 1e-3 }),
    learningRate: { peak: 2e-3, warmup: Math.min(200, Math.ceil(total / 10)), decay: { kind: "cosine", total } },
  }),
  make({ seed, batchSize, steps }) {
    const pictures = namedPictures[TRAINED_ON]("train", seed);
    const network = new AutoencoderKL(
      {
        block_out_channels: [32, 64, 64],
        down_block_types: ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"],
        up_block_types: ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"],
        norm_num_groups: 8,
      },
      { seed },
    );
    const klWeight = { first: 1e-4, last: 1e-6, until: Math.round(ANNEALED * steps) };
    return {
      task: new AutoencoderTask({ network, pictures, klWeight, batchSize, seed }),
      examples: steps * batchSize,
      async save({ folder, trainer, record, format }) {
        const { deviation } = await trainer.withAverage(() => latentSize(network, pictures));
        const scalingFactor = 1 / deviation;
        const model = { network, record, trainedOn: TRAINED_ON };
        saveAutoencoder(folder, model, { format, values: trainer.averageValues, scalingFactor });
        return `latents of 10000 pictures have deviation ${deviation.toFixed(3)}: scaling_factor is ${scalingFactor.toFixed(4)}`;
      },
    };
  },
};

export const autoencoderRecipes: Readonly<Record<string, Recipe>> = { "tiny-autoencoder": tinyAutoencoder };
