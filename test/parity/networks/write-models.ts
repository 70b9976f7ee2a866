/**
 * For round_trip.py: trains a small U-Net for a few steps and writes it in every form, and one network of every other
 * class; the ε each gives lies beside it.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "../../../src/runtime/tf.js";
import { linearSchedule } from "../../../src/diffusion/index.js";
import { AutoencoderKL, DiT, UNet2D, UNet2DCondition } from "../../../src/networks/index.js";
import { fromDiffusers, toDiffusers, type SaveNetworkOptions } from "../../../src/families/index.js";
import { RandomStream } from "../../../src/random/index.js";
import { DiffusionTask } from "../../../src/families/index.js";
import { Trainer } from "../../../src/training/index.js";
import { fill, fromTorch, signal, toTorch } from "./formula.js";

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
const trainer = new Trainer(
  new DiffusionTask({ network: unet, path: linearSchedule(), data, shape: [8, 8, 1], batchSize: 8 }),
);
await trainer.run(20);

const forms: Record<string, SaveNetworkOptions> = {
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

const x = fromTorch(signal("input", [2, 1, 8, 8]));
const t = tf.tensor1d([999, 3]);
const label = tf.tensor1d([1, 0], "int32");
const context = signal("context", [2, 4, 5]) as tf.Tensor3D;
const levels = {
  block_out_channels: [4, 8],
  norm_num_groups: 2,
  cross_attention_dim: 5,
  attention_head_dim: 2,
} as const;
const conditional = new UNet2DCondition({
  ...levels,
  in_channels: 1,
  out_channels: 1,
  down_block_types: ["CrossAttnDownBlock2D", "DownBlock2D"],
  up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D"],
});
const sizes = { sample_size: 8, num_layers: 2, num_attention_heads: 2, attention_head_dim: 4, num_embeds_ada_norm: 3 };
const dit = new DiT(sizes);
const autoencoder = new AutoencoderKL({
  in_channels: 1,
  out_channels: 1,
  block_out_channels: [4, 8],
  down_block_types: ["DownEncoderBlock2D", "DownEncoderBlock2D"],
  up_block_types: ["UpDecoderBlock2D", "UpDecoderBlock2D"],
  norm_num_groups: 2,
});
const others = [
  { name: "condition", network: conditional, apply: () => conditional.apply(x, t, { context }) },
  { name: "autoencoder", network: autoencoder, apply: () => autoencoder.apply(x) },
  { name: "dit", network: dit, apply: () => dit.apply(x, t, { label }) },
];
for (const { name, network, apply } of others) {
  const folder = join(process.argv[2], name);
  fill(network.parameters);
  toDiffusers(network, folder);
  writeFileSync(join(folder, "epsilon.json"), JSON.stringify([...toTorch(apply()).dataSync()]));
}
