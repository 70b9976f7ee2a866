import { activationNames, checkDropoutRate, type ActivationName, type TimeScaleShift } from "../../nn/index.js";
import {
  requireLayers,
  requireList,
  requireNumber,
  requireOneOf,
  requirePositive,
  withDefaults,
} from "../config-keys.js";

export type ConditionDownBlockType = "DownBlock2D" | "CrossAttnDownBlock2D";
export type ConditionUpBlockType = "UpBlock2D" | "CrossAttnUpBlock2D";

/** One number for every level, or one for each. */
export type PerLevel = number | readonly number[];

/**
 * The configuration of {@link UNet2DCondition}: the keys, meanings and defaults of diffusers' `UNet2DConditionModel`,
 * for its basic blocks.
 */
export interface UNet2DConditionConfig {
  /** Height and width the model was trained at; any other size also runs. */
  readonly sample_size: number | readonly [number, number] | null;
  readonly in_channels: number;
  readonly out_channels: number;
  readonly center_input_sample: boolean;
  readonly flip_sin_to_cos: boolean;
  readonly freq_shift: number;
  readonly time_embedding_dim: number | null;
  readonly down_block_types: readonly ConditionDownBlockType[];
  readonly mid_block_type: "UNetMidBlock2DCrossAttn" | null;
  readonly up_block_types: readonly ConditionUpBlockType[];
  readonly block_out_channels: readonly number[];
  readonly layers_per_block: PerLevel;
  readonly downsample_padding: 0 | 1;
  readonly mid_block_scale_factor: number;
  /** Share of numbers each residual block drops while training, where masks are given. */
  readonly dropout: number;
  readonly act_fn: ActivationName;
  readonly norm_num_groups: number;
  readonly norm_eps: number;
  /** Channels of the context. */
  readonly cross_attention_dim: PerLevel;
  readonly transformer_layers_per_block: PerLevel;
  /** The number of heads, despite its name: diffusers keeps the name for the sake of old configurations. */
  readonly attention_head_dim: PerLevel;
  readonly use_linear_projection: boolean;
  readonly num_class_embeds: number | null;
  readonly resnet_time_scale_shift: TimeScaleShift;
}

/** What a configuration is where it is silent; as `UNet2DConditionModel` fills it in. */
export const unet2dConditionDefaults: UNet2DConditionConfig = {
  sample_size: null,
  in_channels: 4,
  out_channels: 4,
  center_input_sample: false,
  flip_sin_to_cos: true,
  freq_shift: 0,
  time_embedding_dim: null,
  down_block_types: ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
  mid_block_type: "UNetMidBlock2DCrossAttn",
  up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
  block_out_channels: [320, 640, 1280, 1280],
  layers_per_block: 2,
  downsample_padding: 1,
  mid_block_scale_factor: 1,
  dropout: 0,
  act_fn: "silu",
  norm_num_groups: 32,
  norm_eps: 1e-5,
  cross_attention_dim: 1280,
  transformer_layers_per_block: 1,
  attention_head_dim: 8,
  use_linear_projection: false,
  num_class_embeds: null,
  resnet_time_scale_shift: "default",
};

/** Keys of UNet2DConditionModel that this network does not have, with the values at which they change nothing. */
const neutralKeys = {
  only_cross_attention: [false],
  dual_cross_attention: [false],
  upcast_attention: [false, true, null],
  resnet_skip_time_act: [false],
  resnet_out_scale_factor: [1],
  time_embedding_type: ["positional"],
  conv_in_kernel: [3],
  conv_out_kernel: [3],
  attention_type: ["default"],
  class_embeddings_concat: [false],
  addition_embed_type_num_heads: [64],
};

/** The number of a level. */
export function atLevel(value: PerLevel, level: number): number {
  return typeof value === "number" ? value : value[level];
}

/** Fills in defaults and checks every value a network is built from. Throws RangeError naming the key and the remedy. */
export function unet2dConditionConfig(given: Partial<UNet2DConditionConfig>): UNet2DConditionConfig {
  const config = withDefaults("UNet2DCondition", unet2dConditionDefaults, given, neutralKeys);
  for (const key of ["block_out_channels", "down_block_types", "up_block_types"] as const)
    requireList(key, config[key]);
  const widths = config.block_out_channels;
  for (const key of ["down_block_types", "up_block_types"] as const) {
    if (config[key].length !== widths.length) {
      throw new RangeError(
        `${key} names ${config[key].length} blocks for ${widths.length} block_out_channels: give one a level`,
      );
    }
  }
  requireOneOf("down_block_types", config.down_block_types, ["DownBlock2D", "CrossAttnDownBlock2D"]);
  requireOneOf("up_block_types", config.up_block_types, ["UpBlock2D", "CrossAttnUpBlock2D"]);
  requireOneOf("mid_block_type", [config.mid_block_type], ["UNetMidBlock2DCrossAttn", null]);
  requireOneOf("resnet_time_scale_shift", [config.resnet_time_scale_shift], ["default", "scale_shift"]);
  requireOneOf("act_fn", [config.act_fn], activationNames);
  requireOneOf("downsample_padding", [config.downsample_padding], [0, 1]);
  const attends = widths.map(
    (_, level) =>
      config.down_block_types[level] === "CrossAttnDownBlock2D" ||
      config.up_block_types[widths.length - 1 - level] === "CrossAttnUpBlock2D" ||
      (config.mid_block_type !== null && level === widths.length - 1),
  );
  for (const key of ["in_channels", "out_channels", "norm_num_groups"] as const) requirePositive(key, config[key]);
  for (const key of ["num_class_embeds", "time_embedding_dim"] as const) {
    const value = config[key];
    if (value !== null) requirePositive(key, value);
  }
  for (const key of [
    "layers_per_block",
    "cross_attention_dim",
    "transformer_layers_per_block",
    "attention_head_dim",
  ] as const) {
    const value = config[key];
    if (Array.isArray(value) && value.length !== widths.length) {
      throw new RangeError(
        `${key} has ${value.length} numbers for ${widths.length} block_out_channels: give one a level, or one for all`,
      );
    }
    if (typeof value !== "number" && !Array.isArray(value)) {
      throw new RangeError(`${key} must be a number, or a list of one a level, got ${JSON.stringify(value)}`);
    }
    const require = key.includes("layers") ? requireLayers : requirePositive;
    // What only attention uses may be anything, 0 say, where there is none.
    const used = key === "layers_per_block" || key === "cross_attention_dim" ? widths.map(() => true) : attends;
    widths.forEach((_, level) => used[level] && require(key, atLevel(value, level)));
  }
  for (const key of ["dropout", "norm_eps", "mid_block_scale_factor", "freq_shift"] as const)
    requireNumber(key, config[key]);
  const context = config.cross_attention_dim;
  if (typeof context !== "number" && new Set(context).size > 1) {
    throw new RangeError(
      `cross_attention_dim must be the same at every level, since all see one context; got [${context}]`,
    );
  }
  if (!Number.isFinite(config.mid_block_scale_factor) || config.mid_block_scale_factor === 0) {
    throw new RangeError(`mid_block_scale_factor must be a number other than 0, got ${config.mid_block_scale_factor}`);
  }
  checkDropoutRate(config.dropout);
  if (!(config.norm_eps > 0)) throw new RangeError(`norm_eps must be a positive number, got ${config.norm_eps}`);
  widths.forEach((channels, level) => {
    requirePositive("block_out_channels", channels);
    const heads = attends[level] ? atLevel(config.attention_head_dim, level) : 1;
    for (const [key, divisor] of Object.entries({
      norm_num_groups: config.norm_num_groups,
      attention_head_dim: heads,
    })) {
      if (channels % divisor !== 0) {
        throw new RangeError(
          `block_out_channels has ${channels}, which ${key} = ${divisor} does not divide: choose one that does`,
        );
      }
    }
  });
  if (widths[0] % 2 !== 0) {
    throw new RangeError(
      `block_out_channels starts with ${widths[0]}: the time embedding has that many sines and cosines, so it must be even`,
    );
  }
  return config;
}
