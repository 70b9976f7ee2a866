/** The training of a study: the benchmark's U-Net on digits, by the recipe; test/bench/quality_torch.py does the same. */
import { loadDigits, Normaliser } from "diffusion-lab/data";
import { linearSchedule } from "diffusion-lab/diffusion";
import { DiffusionTask } from "diffusion-lab/families";
import { smallUnetConfig, UNet2D } from "diffusion-lab/networks";
import { saveParameters } from "diffusion-lab/nn";
import { Trainer } from "diffusion-lab/training";
import type { Work } from "../work.js";
import type { QualityOrder } from "./recipe.js";

export function qualityWork(order: QualityOrder): Work {
  const { seed, batchSize, T, learningRate, maxGradientNorm, averageDecay, precision } = order;
  const network = new UNet2D(smallUnetConfig, { seed });
  const task = new DiffusionTask({
    network,
    path: linearSchedule({ T }),
    data: new Normaliser().encode(loadDigits({ split: "train" }).images),
    shape: [28, 28, 1],
    batchSize,
    seed,
  });
  const trainer = new Trainer(task, { learningRate, maxGradientNorm, averageDecay, precision });
  const steps = trainer.steps(Number.MAX_SAFE_INTEGER);
  return {
    parameters: network.parameters.count,
    step: () => void steps.next(),
    save: (path) => saveParameters(path, network.parameters, { values: trainer.averageValues }),
  };
}
