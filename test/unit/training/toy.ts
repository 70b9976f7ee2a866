/** A tiny U-Net and a task for it, so that a training step takes milliseconds. */
import * as tf from "../../../src/runtime/tf.js";
import { linearSchedule } from "../../../src/diffusion/index.js";
import { UNet2D, type UNet2DConfig } from "../../../src/networks/index.js";
import { RandomStream } from "../../../src/random/index.js";
import { DiffusionTask } from "../../../src/families/index.js";

/** A U-Net of a few thousand parameters on 8×8 pictures: a step takes milliseconds. */
export function toyNetwork(options: { seed?: number; config?: Partial<UNet2DConfig> } = {}): UNet2D {
  return new UNet2D(
    {
      in_channels: 1,
      out_channels: 1,
      block_out_channels: [8, 8],
      layers_per_block: 1,
      down_block_types: ["DownBlock2D", "AttnDownBlock2D"],
      up_block_types: ["AttnUpBlock2D", "UpBlock2D"],
      norm_num_groups: 4,
      ...options.config,
    },
    { seed: options.seed ?? 0 },
  );
}

export function toyTask(options: { batchSize?: number; seed?: number; config?: Partial<UNet2DConfig> } = {}): {
  task: DiffusionTask;
  network: UNet2D;
} {
  const network = toyNetwork(options);
  const data = new RandomStream(1, "toy pictures").uniforms(12 * 64).map((u) => (u > 0.5 ? 1 : -1));
  const path = linearSchedule({ T: 100 });
  const { batchSize = 4, seed = 3 } = options;
  const task = new DiffusionTask({ network, path, data, shape: [8, 8, 1], batchSize, seed });
  return { task, network };
}

export function numTensors(): number {
  return tf.memory().numTensors;
}
