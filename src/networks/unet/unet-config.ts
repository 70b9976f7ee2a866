import {
  requireLayers,
  requireList,
  requireNumber,
  requireOneOf,
  requirePositive,
  withDefaults,
} from "../config-keys.js";
import { activationNames, checkDropoutRate, type ActivationName, type TimeScaleShift } from "../../nn/index.js";

export type DownBlockType = "DownBlock2D" | "AttnDownBlock2D";
export type UpBlockType = "UpBlock2D" | "AttnUpBlock2D";

/**
 * The configuration of {@link UNet2D}: the keys, meanings and defaults of diffusers' `UNet2DModel`,
 * so that a `config.json` goes either way.
 */
export interface UNet2DConfig {
  /** Height and width the model was trained at; any other size that the network can halve also runs. */
  readonly sample_size: number | readonly [number, number] | null;
  readonly in_channels: number;
  readonly out_channels: number;
  readonly center_input_sample: boolean;
  readonly time_embedding_type: "positional" | "fourier" | "learned";
  /** Length of the vector every block sees; null is four times the first of `block_out_channels`. */
  readonly time_embedding_dim: number | null;
  readonly freq_shift: number;
  readonly flip_sin_to_cos: boolean;
  readonly down_block_types: readonly DownBlockType[];
  readonly mid_block_type: "UNetMidBlock2D" | null;
  readonly up_block_types: readonly UpBlockType[];
  readonly block_out_channels: readonly number[];
  readonly layers_per_block: number;
  readonly mid_block_scale_factor: number;
  readonly downsample_padding: 0 | 1;
  /** Share of numbers each residual block drops while training, where masks are given. */
  readonly dropout: number;
  readonly act_fn: ActivationName;
  /** Channels a head; null makes one head of all channels. */
  readonly attention_head_dim: number | null;
  readonly norm_num_groups: number;
  /** Groups of the norm before the middle's attention; null is `norm_num_groups`, or no norm with "scale_shift". */
  readonly attn_norm_num_groups: number | null;
  readonly norm_eps: number;
  readonly resnet_time_scale_shift: TimeScaleShift;
  readonly add_attention: boolean;
  /** Number of classes for a class-conditional model, null for none. */
  readonly num_class_embeds: number | null;
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

const optionalCounts = [
  "attention_head_dim",
  "attn_norm_num_groups",
  "num_class_embeds",
  "time_embedding_dim",
  "num_train_timesteps",
] as const;

/** Fills in defaults and checks every value a network is built from. Throws RangeError naming the key and the remedy. */
export function unet2dConfig(given: Partial<UNet2DConfig>): UNet2DConfig {
  const config = withDefaults("UNet2D", unet2dDefaults, given, neutralKeys);
  for (const key of ["block_out_channels", "down_block_types", "up_block_types"] as const)
    requireList(key, config[key]);
  const levels = config.block_out_channels.length;
  for (const key of ["down_block_types", "up_block_types"] as const) {
    if (config[key].length !== levels) {
      throw new RangeError(
        `${key} names ${config[key].length} blocks for ${levels} block_out_channels: give one a level`,
      );
    }
  }
  requireOneOf("down_block_types", config.down_block_types, ["DownBlock2D", "AttnDownBlock2D"]);
  requireOneOf("up_block_types", config.up_block_types, ["UpBlock2D", "AttnUpBlock2D"]);
  requireOneOf("time_embedding_type", [config.time_embedding_type], ["positional", "fourier", "learned"]);
  requireOneOf("resnet_time_scale_shift", [config.resnet_time_scale_shift], ["default", "scale_shift"]);
  requireOneOf("act_fn", [config.act_fn], activationNames);
  for (const key of ["in_channels", "out_channels", "norm_num_groups"] as const) requirePositive(key, config[key]);
  requireLayers("layers_per_block", config.layers_per_block);
  for (const key of optionalCounts) {
    const value = config[key];
    if (value !== null) requirePositive(key, value);
  }
  for (const key of ["dropout", "norm_eps", "mid_block_scale_factor", "freq_shift"] as const)
    requireNumber(key, config[key]);
  if (![0, 1].includes(config.downsample_padding)) {
    throw new RangeError(`downsample_padding must be 0 or 1, got ${config.downsample_padding}`);
  }
  if (!Number.isFinite(config.mid_block_scale_factor) || config.mid_block_scale_factor === 0) {
    throw new RangeError(`mid_block_scale_factor must be a number other than 0, got ${config.mid_block_scale_factor}`);
  }
  checkDropoutRate(config.dropout);
  if (!(config.norm_eps > 0)) throw new RangeError(`norm_eps must be a positive number, got ${config.norm_eps}`);
  if (config.mid_block_type !== null) requireOneOf("mid_block_type", [config.mid_block_type], ["UNetMidBlock2D"]);
  if (config.time_embedding_type === "learned" && config.num_train_timesteps === null) {
    throw new RangeError('time_embedding_type "learned" needs num_train_timesteps, the number of times');
  }
  requireWidths(config);
  return config;
}

function requireWidths(config: UNet2DConfig): void {
  const { block_out_channels: widths, norm_num_groups: groups, attention_head_dim: headChannels } = config;
  widths.forEach((channels, i) => {
    requirePositive("block_out_channels", channels);
    if (channels % groups !== 0) {
      throw new RangeError(
        `block_out_channels has ${channels}, which norm_num_groups = ${groups} does not divide: ` +
          `choose norm_num_groups that divides every level`,
      );
    }
    const attends =
      config.down_block_types[i] === "AttnDownBlock2D" ||
      config.up_block_types[widths.length - 1 - i] === "AttnUpBlock2D" ||
      (config.add_attention && config.mid_block_type !== null && i === widths.length - 1);
    if (attends && headChannels !== null && channels % headChannels !== 0) {
      throw new RangeError(
        `block_out_channels has ${channels}, which attention_head_dim = ${headChannels} does not divide: ` +
          `choose a width of heads that divides every level with attention, or null for one head`,
      );
    }
  });
  const { attn_norm_num_groups: middle, add_attention, mid_block_type } = config;
  const last = widths[widths.length - 1];
  if (middle !== null && add_attention && mid_block_type !== null && last % middle !== 0) {
    throw new RangeError(
      `block_out_channels ends with ${last}, which attn_norm_num_groups = ${middle} does not divide: choose one that does, or null`,
    );
  }
  if (widths[0] % 2 !== 0) {
    throw new RangeError(
      `block_out_channels starts with ${widths[0]}: the time embedding has that many sines and cosines, so it must be even`,
    );
  }
}
