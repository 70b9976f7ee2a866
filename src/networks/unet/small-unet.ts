/** The small U-Net that the benchmark times and the comparison trains: one configuration, so that figures are of one network. */
import type { UNet2DConfig } from "./unet-config.js";

/** A U-Net for 28×28 grey images: three levels of 32, 64 and 64 channels, attention in the middle; 1 062 497 parameters. */
export const smallUnetConfig: Partial<UNet2DConfig> = {
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
