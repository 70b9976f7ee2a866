/** The configuration of UNet2D: diffusers' keys, their defaults and what they may be. */
import { requireLayers, requireOneOf, requirePositive, withDefaults } from "../config-keys.js";
import { requireCommonKeys, type UNetCommonConfig } from "./common-config.js";

export type DownBlockType = "DownBlock2D" | "AttnDownBlock2D";
export type UpBlockType = "UpBlock2D" | "AttnUpBlock2D";

/**
 * The configuration of {@link UNet2D}: the keys, meanings and defaults of diffusers' `UNet2DModel`,
 * so that a `config.json` goes either way.
 */
export interface UNet2DConfig extends UNetCommonConfig {
  readonly time_embedding_type: "positional" | "fourier" | "learned";
  readonly down_block_types: readonly DownBlockType[];
  readonly mid_block_type: "UNetMidBlock2D" | null;
  readonly up_block_types: readonly UpBlockType[];
  readonly layers_per_block: number;
  /** Channels a head; null makes one head of all channels. */
  readonly attention_head_dim: number | null;
  /** Groups of the norm before the middle's attention; null is `norm_num_groups`, or no norm with "scale_shift". */
  readonly attn_norm_num_groups: number | null;
  readonly add_attention: boolean;
  /** Number of times of a learned time embedding. */
  readonly num_train_timesteps: number | null;
}

/** What a configuration is where it is silent; as `UNet2DModel` fills it in. */
export const unet2dDefaults: UNet2DConfig = {
  sample_size: null,
  in_channels: 3,
  out_channels: 3,
  center_input_sample: false,
  time_embedding_type: "positional",
  time_embedding_dim: null,
  freq_shift: 0,
  flip_sin_to_cos: true,
  down_block_types: ["DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"],
  mid_block_type: "UNetMidBlock2D",
  up_block_types: ["AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"],
  block_out_channels: [224, 448, 672, 896],
  layers_per_block: 2,
  mid_block_scale_factor: 1,
  downsample_padding: 1,
  dropout: 0,
  act_fn: "silu",
  attention_head_dim: 8,
  norm_num_groups: 32,
  attn_norm_num_groups: null,
  norm_eps: 1e-5,
  resnet_time_scale_shift: "default",
  add_attention: true,
  num_class_embeds: null,
  num_train_timesteps: null,
};

/** Keys of UNet2DModel that this network does not have, with the values at which they change nothing. */
const neutralKeys = {
  downsample_type: ["conv"],
  upsample_type: ["conv"],
  class_embed_type: [null],
};

const blocks = {
  down: ["DownBlock2D", "AttnDownBlock2D"],
  mid: "UNetMidBlock2D",
  up: ["UpBlock2D", "AttnUpBlock2D"],
};

/** Fills in defaults and checks every value a network is built from. Throws RangeError naming the key and the remedy. */
export function unet2dConfig(given: Partial<UNet2DConfig>): UNet2DConfig {
  const config = withDefaults("UNet2D", unet2dDefaults, given, neutralKeys);
  requireCommonKeys(config, blocks);
  requireOneOf("time_embedding_type", [config.time_embedding_type], ["positional", "fourier", "learned"]);
  requireLayers("layers_per_block", config.layers_per_block);
  for (const key of ["attention_head_dim", "attn_norm_num_groups", "num_train_timesteps"] as const) {
    const value = config[key];
    if (value !== null) requirePositive(key, value);
  }
  if (config.time_embedding_type === "learned" && config.num_train_timesteps === null) {
    throw new RangeError('time_embedding_type "learned" needs num_train_timesteps, the number of times');
  }
  requireHeads(config);
  return config;
}

function requireHeads(config: UNet2DConfig): void {
  const { block_out_channels: widths, attention_head_dim: headChannels } = config;
  const attendsInTheMiddle = config.add_attention && config.mid_block_type !== null;
  widths.forEach((channels, i) => {
    const attends =
      config.down_block_types[i] === "AttnDownBlock2D" ||
      config.up_block_types[widths.length - 1 - i] === "AttnUpBlock2D" ||
      (attendsInTheMiddle && i === widths.length - 1);
    if (attends && headChannels !== null && channels % headChannels !== 0) {
      throw new RangeError(
        `block_out_channels has ${channels}, which attention_head_dim = ${headChannels} does not divide: ` +
          `choose a width of heads that divides every level with attention, or null for one head`,
      );
    }
  });
  const { attn_norm_num_groups: groups } = config;
  const last = widths[widths.length - 1];
  if (groups !== null && attendsInTheMiddle && last % groups !== 0) {
    throw new RangeError(
      `block_out_channels ends with ${last}, which attn_norm_num_groups = ${groups} does not divide: choose one that does, or null`,
    );
  }
}
