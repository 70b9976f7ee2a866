/** How the GANs of this repository are trained. */
import { loadDigits, Normaliser, ringModes, ringOfGaussians } from "../../data/index.js";
import { DcganDiscriminator, DcganGenerator, MlpDiscriminator, MlpGenerator } from "../../networks/index.js";
import { RandomStream } from "../../random/index.js";
import type { Recipe, RecipeRun } from "../family.js";
import { saveGan } from "./folder.js";
import type { GanParts } from "./model.js";
import { r1Penalty } from "./penalties.js";
import { GanTask } from "./task.js";

/** Writes the generator's average, and the discriminator's. */
function saving(players: Required<Omit<GanParts, "record">>): RecipeRun["save"] {
  return async ({ folder, trainer, record, format }) => {
    const values = { generator: trainer.averageOf("generator"), discriminator: trainer.averageOf("discriminator") };
    saveGan(folder, { ...players, record }, { format, values });
  };
}

const mnistGan: Recipe = {
  description: "DCGAN with R1 on 9000 handwritten digits, 28×28, 64 latents",
  steps: 3600,
  batchSize: 64,
  // The decay lets the players settle; their average does the rest.
  trainerOptions: (total) => ({
    learningRate: { peak: 2e-3, decay: { kind: "cosine", total, from: Math.round(0.7 * total), floor: 0.1 } },
    averageDecay: 0.999,
  }),
  make({ seed, batchSize }) {
    const digits = loadDigits({ split: "train" });
    const players = {
      generator: new DcganGenerator({}, { seed }),
      discriminator: new DcganDiscriminator({}, { seed }),
    };
    const data = new Normaliser().encode(digits.images);
    return {
      task: new GanTask({ ...players, data, penalty: r1Penalty({ gamma: 1 }), batchSize, seed }),
      examples: digits.count,
      save: saving(players),
    };
  },
};

const RING = { modes: 8, std: 0.1 } as const;
const RING_POINTS = 10000;

const ringGan: Recipe = {
  description: "MLP pair with R1 on points: a ring of 8 Gaussians in the plane",
  steps: 5000,
  batchSize: 256,
  trainerOptions: () => ({ learningRate: 1e-3, averageDecay: 0.99 }),
  make({ seed, batchSize }) {
    const players = { generator: new MlpGenerator({}, { seed }), discriminator: new MlpDiscriminator({}, { seed }) };
    const data = ringOfGaussians(RING_POINTS, new RandomStream(seed, "ring"), RING);
    return {
      task: new GanTask({
        ...players,
        data,
        penalty: r1Penalty({ gamma: 0.1 }),
        modes: ringModes(RING),
        batchSize,
        seed,
      }),
      examples: RING_POINTS,
      save: saving(players),
    };
  },
};

export const ganRecipes: Readonly<Record<string, Recipe>> = { "mnist-gan": mnistGan, "ring-gan": ringGan };
