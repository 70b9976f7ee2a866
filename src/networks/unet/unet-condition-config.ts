/** The configuration of UNet2DCondition: diffusers' keys, their defaults and what they may be. */
import { requireLayers, requirePositive, withDefaults } from "../config-keys.js";
import { requireCommonKeys, type UNetCommonConfig } from "./common-config.js";

export type ConditionDownBlockType = "DownBlock2D" | "CrossAttnDownBlock2D";
export type ConditionUpBlockType = "UpBlock2D" | "CrossAttnUpBlock2D";

/** One number for every level, or one for each. */
export type PerLevel = number | readonly number[];

/**
 * The configuration of {@link UNet2DCondition}: the keys, meanings and defaults of diffusers' `UNet2DConditionModel`,
 * for its basic blocks.
 */
export interface UNet2DConditionConfig extends UNetCommonConfig {
  readonly down_block_types: readonly ConditionDownBlockType[];
  readonly mid_block_type: "UNetMidBlock2DCrossAttn" | null;
  readonly up_block_types: readonly ConditionUpBlockType[];
  readonly layers_per_block: PerLevel;
  /** Channels of the context. */
  readonly cross_attention_dim: PerLevel;
  readonly transformer_layers_per_block: PerLevel;
  /** The number of heads, despite its name: diffusers keeps the name for the sake of old configurations. */
  readonly attention_head_dim: PerLevel;
  readonly use_linear_projection: boolean;
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

/**
 * Keys of UNet2DConditionModel that this network does not have, with the values at which they change nothing. Those of
 * residual blocks are read by "ResnetDownsampleBlock2D", "SimpleCrossAttn…" and their kin alone, which are refused by name.
 */
const neutralKeys = {
  only_cross_attention: [false],
  dual_cross_attention: [false],
  upcast_attention: [false, true, null],
  resnet_skip_time_act: "any",
  resnet_out_scale_factor: "any",
  time_embedding_type: ["positional"],
  conv_in_kernel: [3],
  conv_out_kernel: [3],
  attention_type: ["default"],
  class_embeddings_concat: [false],
  addition_embed_type_num_heads: [64],
} as const;

/** The number of a level. */
export function atLevel(value: PerLevel, level: number): number {
  return typeof value === "number" ? value : value[level];
}

const blocks = {
  down: ["DownBlock2D", "CrossAttnDownBlock2D"],
  mid: "UNetMidBlock2DCrossAttn",
  up: ["UpBlock2D", "CrossAttnUpBlock2D"],
};

const perLevelKeys = [
  "layers_per_block",
  "cross_attention_dim",
  "transformer_layers_per_block",
  "attention_head_dim",
] as const;

/** Fills in defaults and checks every value a network is built from. Throws RangeError naming the key and the remedy. */
export function unet2dConditionConfig(given: Partial<UNet2DConditionConfig>): UNet2DConditionConfig {
  const config = withDefaults("UNet2DCondition", unet2dConditionDefaults, given, neutralKeys);
  requireCommonKeys(config, blocks);
  const widths = config.block_out_channels;
  const attends = widths.map(
    (_, level) =>
      config.down_block_types[level] === "CrossAttnDownBlock2D" ||
      config.up_block_types[widths.length - 1 - level] === "CrossAttnUpBlock2D" ||
      (config.mid_block_type !== null && level === widths.length - 1),
  );
  for (const key of perLevelKeys) requirePerLevel(key, config[key], attends);
  const context = config.cross_attention_dim;
  if (typeof context !== "number" && new Set(context).size > 1) {
    throw new RangeError(
      `cross_attention_dim must be the same at every level, since all see one context; got [${context}]`,
    );
  }
  widths.forEach((channels, level) => {
    const heads = attends[level] ? atLevel(config.attention_head_dim, level) : 1;
    if (channels % heads !== 0) {
      throw new RangeError(
        `block_out_channels has ${channels}, which attention_head_dim = ${heads} does not divide: choose one that does`,
      );
    }
  });
  return config;
}

function requirePerLevel(key: (typeof perLevelKeys)[number], value: PerLevel, attends: readonly boolean[]): void {
  if (typeof value !== "number" && !Array.isArray(value)) {
    throw new RangeError(`${key} must be a number, or a list of one a level, got ${JSON.stringify(value)}`);
  }
  if (Array.isArray(value) && value.length !== attends.length) {
    throw new RangeError(
      `${key} has ${value.length} numbers for ${attends.length} block_out_channels: give one a level, or one for all`,
    );
  }
  const require = key.includes("layers") ? requireLayers : requirePositive;
  // What only attention uses may be anything, 0 say, where there is none.
  const everywhere = key === "layers_per_block" || key === "cross_attention_dim";
  attends.forEach((here, level) => (everywhere || here) && require(key, atLevel(value, level)));
}
