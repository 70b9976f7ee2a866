/** For round_trip.py: trains a small U-Net for a few steps, writes it in every form, and its ε beside it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "../../../src/tf.js";
import { linearSchedule } from "../../../src/diffusion/index.js";
import { fromDiffusers, toDiffusers, UNet2D, type ToDiffusersOptions } from "../../../src/models/index.js";
import { RandomStream } from "../../../src/random.js";
import { DiffusionTask, Trainer } from "../../../src/training/index.js";
import { fromTorch, signal, toTorch } from "./formula.js";

const unet = new UNet2D(
  {
    sample_size: 8,
    in_channels: 1,
    out_channels: 1,
    block_out_channels: [4, 8],
    down_block_types: ["DownBlock2D", "AttnDownBlock2D"],
    up_block_types: ["AttnUpBlock2D", "UpBlock2D"],
    layers_per_block: 1,
    norm_num_groups: 2,
    attention_head_dim: 4,
  },
  { seed: 1 },
);
const data = new RandomStream(1, "data").uniforms(16 * 64);
const trainer = new Trainer(new DiffusionTask({ network: unet, schedule: linearSchedule(), data, shape: [8, 8, 1], batchSize: 8 }));
await trainer.run(20);

const forms: Record<string, ToDiffusersOptions> = {
  float32: {},
  float16: { format: "F16" },
  bfloat16: { format: "BF16" },
  sharded: { maxFileBytes: 10_000 },
};
for (const [name, options] of Object.entries(forms)) {
  const folder = join(process.argv[2], name);
  toDiffusers(unet, folder, options);
  const reopened = fromDiffusers(folder, { expect: "UNet2DModel" });
  const epsilon = toTorch(reopened.apply(fromTorch(signal("input", [2, 1, 8, 8])), tf.tensor1d([999, 3])));
  writeFileSync(join(folder, "epsilon.json"), JSON.stringify([...epsilon.dataSync()]));
}
