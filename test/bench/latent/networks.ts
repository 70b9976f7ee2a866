/** The two sides of the comparison: U-Nets of equal size on latents and on pixels, and the autoencoder between them. */
import { AutoencoderKL, UNet2DCondition, type UNet2DConditionConfig } from "diffusion-lab/networks";

/** Where diffusion goes on. */
export type Space = "latents" | "pixels";

/** Pixels of a picture a latent, across and down; the U-Net on pixels halves as often before it attends. */
export const FACTOR = 4;
/** Positions and channels of the text that both attend to. */
export const CONTEXT = [40, 128] as const;

const common = { layers_per_block: 1, cross_attention_dim: CONTEXT[1], attention_head_dim: 4 } as const;

/** Of `tiny-stable-diffusion`: 4.3 million parameters. */
export const latentUnet: Partial<UNet2DConditionConfig> = {
  ...common,
  sample_size: 8,
  in_channels: 4,
  out_channels: 4,
  block_out_channels: [64, 128],
  down_block_types: ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
  up_block_types: ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
  norm_num_groups: 16,
};

/** As many parameters within a fiftieth: two levels more, whose attention begins where that on latents does. */
export const pixelUnet: Partial<UNet2DConditionConfig> = {
  ...common,
  sample_size: 32,
  in_channels: 3,
  out_channels: 3,
  block_out_channels: [32, 32, 64, 128],
  down_block_types: ["DownBlock2D", "DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
  up_block_types: ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D", "UpBlock2D"],
  norm_num_groups: 8,
};

export function unetOf(space: Space): UNet2DCondition {
  return new UNet2DCondition(space === "latents" ? latentUnet : pixelUnet, { seed: 0 });
}

/** Of `tiny-autoencoder`. */
export function autoencoder(): AutoencoderKL {
  return new AutoencoderKL(
    {
      block_out_channels: [32, 64, 64],
      down_block_types: ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"],
      up_block_types: ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"],
      norm_num_groups: 8,
    },
    { seed: 0 },
  );
}

/** Shape of what the U-Net sees of a picture of this side. */
export function gridOf(space: Space, side: number): readonly [number, number, number] {
  return space === "latents" ? [side / FACTOR, side / FACTOR, 4] : [side, side, 3];
}
