/** Configurations of CLIP's networks: keys, meanings and defaults of transformers' classes. */
import { requireLike } from "../../base/values.js";
import { activationNames, type ActivationName } from "../../nn/index.js";
import { requireLayers, requireNumber, requireOneOf, requirePositive, withDefaults } from "../config-keys.js";
import { transformersKeys } from "./transformers-keys.js";

/** What the two towers have in common. */
export interface ClipTowerConfig {
  /** Channels of a token; `num_attention_heads` must divide them. */
  readonly hidden_size: number;
  /** Channels of the hidden layer of each two-layer network. */
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  /** "quick_gelu" of OpenAI's CLIP and Stable Diffusion 1.x, "gelu" of 2.x. */
  readonly hidden_act: ActivationName;
  readonly layer_norm_eps: number;
  /** Channels of what texts and images share; of the networks that have a projection. */
  readonly projection_dim: number;
}

/** The configuration of {@link ClipTextModel}: transformers' `CLIPTextConfig`. */
export interface ClipTextConfig extends ClipTowerConfig {
  /** Tokens of the vocabulary. */
  readonly vocab_size: number;
  /** The most tokens of a text. */
  readonly max_position_embeddings: number;
  /**
   * The token that ends a text: where it stands first, the text is pooled. 2, as configurations of before 2023 have it,
   * means the place of the largest number instead.
   */
  readonly eos_token_id: number;
}

/** The configuration of {@link ClipVisionModel}: transformers' `CLIPVisionConfig`. */
export interface ClipVisionConfig extends ClipTowerConfig {
  readonly num_channels: number;
  /** Side of the square images. */
  readonly image_size: number;
  /** Side of a patch; the rest of `image_size` after whole patches is not seen. */
  readonly patch_size: number;
}

/** The configuration of {@link ClipModel}: transformers' `CLIPConfig`. */
export interface ClipConfig {
  readonly text_config: ClipTextConfig;
  readonly vision_config: ClipVisionConfig;
  readonly projection_dim: number;
  /** Where the logarithm of 1/temperature starts, ln(1/0.07). */
  readonly logit_scale_init_value: number;
}

/** What a configuration of {@link ClipTextModel} leaves out, as in transformers: that of OpenAI's CLIP ViT-B/32. */
export const clipTextDefaults: ClipTextConfig = {
  vocab_size: 49408,
  hidden_size: 512,
  intermediate_size: 2048,
  projection_dim: 512,
  num_hidden_layers: 12,
  num_attention_heads: 8,
  max_position_embeddings: 77,
  hidden_act: "quick_gelu",
  layer_norm_eps: 1e-5,
  eos_token_id: 49407,
};

/** What a configuration of {@link ClipVisionModel} leaves out, as in transformers: that of OpenAI's CLIP ViT-B/32. */
export const clipVisionDefaults: ClipVisionConfig = {
  hidden_size: 768,
  intermediate_size: 3072,
  projection_dim: 512,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  num_channels: 3,
  image_size: 224,
  patch_size: 32,
  hidden_act: "quick_gelu",
  layer_norm_eps: 1e-5,
};

/** What a configuration of {@link ClipModel} leaves out. */
export const clipDefaults: ClipConfig = {
  text_config: clipTextDefaults,
  vision_config: clipVisionDefaults,
  projection_dim: 512,
  logit_scale_init_value: 2.6592,
};

/** A whole configuration. @throws RangeError naming the key that is wrong */
export function clipTextConfig(given: Partial<ClipTextConfig>): ClipTextConfig {
  const config = withDefaults("ClipTextModel", clipTextDefaults, given, transformersKeys);
  requireTower(config);
  for (const key of ["vocab_size", "max_position_embeddings"] as const) requirePositive(key, config[key]);
  if (!Number.isInteger(config.eos_token_id) || config.eos_token_id < 0) {
    throw new RangeError(`eos_token_id must be the number of one token, got ${JSON.stringify(config.eos_token_id)}`);
  }
  return config;
}

/** A whole configuration. @throws RangeError naming the key that is wrong */
export function clipVisionConfig(given: Partial<ClipVisionConfig>): ClipVisionConfig {
  const config = withDefaults("ClipVisionModel", clipVisionDefaults, given, transformersKeys);
  requireTower(config);
  for (const key of ["num_channels", "image_size", "patch_size"] as const) requirePositive(key, config[key]);
  if (config.patch_size > config.image_size) {
    throw new RangeError(`patch_size ${config.patch_size} is larger than image_size ${config.image_size}`);
  }
  return config;
}

/** {@link ClipConfig} as it is given: its towers may leave keys out too. */
export interface GivenClipConfig extends Omit<ClipConfig, "text_config" | "vision_config"> {
  readonly text_config: Partial<ClipTextConfig>;
  readonly vision_config: Partial<ClipVisionConfig>;
}

/** A whole configuration. @throws RangeError naming the key that is wrong */
export function clipConfig(given: Partial<GivenClipConfig>): ClipConfig {
  requireLike("a configuration", given, [], "clipDefaults");
  // Published files may repeat a tower under this name; what stands there is what was meant.
  const { text_config_dict, vision_config_dict, ...own } = given as Partial<GivenClipConfig> & {
    readonly text_config_dict?: Partial<ClipTextConfig> | null;
    readonly vision_config_dict?: Partial<ClipVisionConfig> | null;
  };
  const config = withDefaults("ClipModel", clipDefaults, own as Partial<ClipConfig>, transformersKeys);
  requirePositive("projection_dim", config.projection_dim);
  requireNumber("logit_scale_init_value", config.logit_scale_init_value);
  return {
    ...config,
    text_config: clipTextConfig(text_config_dict ?? own.text_config ?? {}),
    vision_config: clipVisionConfig(vision_config_dict ?? own.vision_config ?? {}),
  };
}

function requireTower(config: ClipTowerConfig): void {
  const counts = ["hidden_size", "intermediate_size", "num_attention_heads", "projection_dim"] as const;
  for (const key of counts) requirePositive(key, config[key]);
  requireLayers("num_hidden_layers", config.num_hidden_layers);
  requireOneOf("hidden_act", [config.hidden_act], activationNames);
  const { hidden_size: channels, num_attention_heads: heads, layer_norm_eps: epsilon } = config;
  if (channels % heads !== 0) {
    throw new RangeError(`hidden_size must be a multiple of num_attention_heads = ${heads}, got ${channels}`);
  }
  if (!(epsilon > 0)) throw new RangeError(`layer_norm_eps must be a positive number, got ${epsilon}`);
}
