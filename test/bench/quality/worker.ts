import { createInterface } from "node:readline";
import { loadDigits, Normaliser } from "diffusion-lab/data";
import { linearSchedule } from "diffusion-lab/diffusion";
import { UNet2D } from "diffusion-lab/networks";
import { nativeStatus } from "diffusion-lab/runtime";
import { saveParameters } from "diffusion-lab/nn";
import { DiffusionTask } from "diffusion-lab/families";
import { Trainer } from "diffusion-lab/training";
import { UNET } from "../networks.js";
import type { WorkerOrder } from "./recipe.js";

/**
 * A process that trains the benchmark's U-Net on digits when it is told to; the same is said as by
 * test/bench/quality_torch.py. Its order is JSON on the command line.
 */
const order = JSON.parse(process.argv[2]) as WorkerOrder;

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

const { seed, batchSize, T, learningRate, maxGradientNorm, averageDecay, precision } = order;
const network = new UNet2D(UNET, { seed });
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
steps.next();
say({ ready: true, parameters: network.parameters.count, version: `TensorFlow ${nativeStatus.version}` });

for await (const line of createInterface({ input: process.stdin })) {
  if (line.startsWith("save ")) {
    saveParameters(line.slice("save ".length), network.parameters, { values: trainer.averageValues });
    say({ saved: true });
    continue;
  }
  const ms: number[] = [];
  for (let i = 0; i < Number(line); i++) {
    const start = performance.now();
    steps.next();
    ms.push(performance.now() - start);
  }
  say({ ms });
}
say({ peak: 1024 * process.resourceUsage().maxRSS });
