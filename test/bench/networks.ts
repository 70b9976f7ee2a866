/** The networks of the benchmark, and of its studies. */
import { DiT, PointMlp, smallUnetConfig, UNet2D, type DiTConfig } from "diffusion-lab/networks";
import type { TimeNetwork } from "diffusion-lab/families";

/** The networks of the benchmark; the same are written in test/bench/torch_worker.py. */
export const NETWORKS = ["unet", "dit", "mlp"] as const;
export type NetworkName = (typeof NETWORKS)[number];

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
      return { network: new UNet2D(smallUnetConfig) as TimeNetwork, shape: [28, 28, 1] };
    case "dit":
      return { network: new DiT(DIT) as TimeNetwork, shape: [28, 28, 1] };
    case "mlp":
      return { network: new PointMlp() as TimeNetwork, shape: [2] };
  }
}
