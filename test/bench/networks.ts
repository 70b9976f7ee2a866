/** The networks of the benchmark, and of its studies. */
import { DiT, PointMlp, UNet2D, type DiTConfig, type UNet2DConfig } from "diffusion-lab/networks";
import type { TimeNetwork } from "diffusion-lab/families";

/** The networks of the benchmark; the same are written in test/bench/torch_worker.py. */
export const NETWORKS = ["unet", "dit", "mlp"] as const;
export type NetworkName = (typeof NETWORKS)[number];

/** Three levels of 32, 64 and 64 channels, attention in the middle: 1 062 497 parameters. */
export const UNET: Partial<UNet2DConfig> = {
  sample_size: 28,
  in_channels: 1,
  out_channels: 1,
  block_out_channels: [32, 64, 64],
  layers_per_block: 1,
  down_block_types: ["DownBlock2D", "DownBlock2D", "DownBlock2D"],
  up_block_types: ["UpBlock2D", "UpBlock2D", "UpBlock2D"],
  attention_head_dim: null,
  norm_num_groups: 8,
};

/** 196 patches of 2×2 as tokens of 96 channels through five blocks: 1 026 052 parameters. */
export const DIT: Partial<DiTConfig> = {
  sample_size: 28,
  patch_size: 2,
  in_channels: 1,
  num_layers: 5,
  num_attention_heads: 3,
  attention_head_dim: 32,
};

export interface BenchNetwork {
  readonly network: TimeNetwork;
  /** Of one example. */
  readonly shape: readonly number[];
}

export function makeNetwork(name: NetworkName): BenchNetwork {
  switch (name) {
    case "unet":
      return { network: new UNet2D(UNET) as TimeNetwork, shape: [28, 28, 1] };
    case "dit":
      return { network: new DiT(DIT) as TimeNetwork, shape: [28, 28, 1] };
    case "mlp":
      return { network: new PointMlp() as TimeNetwork, shape: [2] };
  }
}
