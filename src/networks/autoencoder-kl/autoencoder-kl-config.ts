/** The configuration of AutoencoderKL: diffusers' keys, their defaults and what they may be. */
import { activationNames, type ActivationName } from "../../nn/index.js";
import {
  requireLayers,
  requireList,
  requireNumber,
  requireOneOf,
  requirePositive,
  withDefaults,
} from "../config-keys.js";

export const encoderBlockNames = ["DownEncoderBlock2D", "AttnDownEncoderBlock2D"] as const;
export const decoderBlockNames = ["UpDecoderBlock2D", "AttnUpDecoderBlock2D"] as const;
export type EncoderBlockType = (typeof encoderBlockNames)[number];
export type DecoderBlockType = (typeof decoderBlockNames)[number];

/** The configuration of {@link AutoencoderKL}: the keys, meanings and defaults of diffusers' class of that name. */
export interface AutoencoderKLConfig {
  readonly in_channels: number;
  readonly out_channels: number;
  /** One a level, from the full image down. */
  readonly down_block_types: readonly EncoderBlockType[];
  /** One a level, from the latents up. */
  readonly up_block_types: readonly DecoderBlockType[];
  /** Channels a level; the image is halved between two levels. */
  readonly block_out_channels: readonly number[];
  /** Residual blocks a level of the encoder; the decoder has one more. */
  readonly layers_per_block: number;
  /** Of the residual blocks; the last activation of both halves is always SiLU. */
  readonly act_fn: ActivationName;
  readonly latent_channels: number;
  readonly norm_num_groups: number;
  /** Side of the images it was trained on, in pixels; a tile has it too. Any other size that can be halved also runs. */
  readonly sample_size: number | readonly [number, number];
  /** Diffusion sees (z − shift)·scaling_factor, of about unit variance: see `scaleLatents`. */
  readonly scaling_factor: number;
  /** Null is no shift. */
  readonly shift_factor: number | null;
  /** Mean of each latent channel in place of one shift, null for none. */
  readonly latents_mean: readonly number[] | null;
  /** Deviation of each latent channel, by which it is divided besides; null for none. */
  readonly latents_std: readonly number[] | null;
  /** That float16 is too narrow for these weights. All is float32 here, so both values do the same. */
  readonly force_upcast: boolean;
  readonly use_quant_conv: boolean;
  readonly use_post_quant_conv: boolean;
  readonly mid_block_add_attention: boolean;
}

/** What a configuration is where it is silent; as diffusers fills it in. */
export const autoencoderKLDefaults: AutoencoderKLConfig = {
  in_channels: 3,
  out_channels: 3,
  down_block_types: ["DownEncoderBlock2D"],
  up_block_types: ["UpDecoderBlock2D"],
  block_out_channels: [64],
  layers_per_block: 1,
  act_fn: "silu",
  latent_channels: 4,
  norm_num_groups: 32,
  sample_size: 32,
  scaling_factor: 0.18215,
  shift_factor: null,
  latents_mean: null,
  latents_std: null,
  force_upcast: true,
  use_quant_conv: true,
  use_post_quant_conv: true,
  mid_block_add_attention: true,
};

/** diffusers' autoencoder does not know CLIP's activation, so a network that had it could not travel. */
const ACTIVATIONS = activationNames.filter((name) => name !== "quick_gelu");

/** @throws RangeError naming the key that is wrong */
export function autoencoderKLConfig(given: Partial<AutoencoderKLConfig>): AutoencoderKLConfig {
  const config = withDefaults("AutoencoderKL", autoencoderKLDefaults, given);
  requireLevels(config);
  for (const key of ["in_channels", "out_channels", "latent_channels", "norm_num_groups"] as const) {
    requirePositive(key, config[key]);
  }
  requireLayers("layers_per_block", config.layers_per_block);
  requireOneOf("act_fn", [config.act_fn], ACTIVATIONS);
  requireWidths(config);
  const { sample_size: size } = config;
  for (const side of typeof size === "number" || size === null ? [size] : size) requirePositive("sample_size", side);
  requireLatentScale(config);
  return config;
}

function requireLevels(config: AutoencoderKLConfig): void {
  for (const key of ["block_out_channels", "down_block_types", "up_block_types"] as const) {
    requireList(key, config[key]);
    if (config[key].length !== config.block_out_channels.length) {
      throw new RangeError(
        `${key} names ${config[key].length} blocks for ${config.block_out_channels.length} block_out_channels: ` +
          "give one a level",
      );
    }
  }
  requireOneOf("down_block_types", config.down_block_types, encoderBlockNames);
  requireOneOf("up_block_types", config.up_block_types, decoderBlockNames);
}

function requireWidths({ block_out_channels: widths, norm_num_groups: groups }: AutoencoderKLConfig): void {
  for (const channels of widths) {
    requirePositive("block_out_channels", channels);
    if (channels % groups !== 0) {
      throw new RangeError(
        `block_out_channels has ${channels}, which norm_num_groups = ${groups} does not divide: ` +
          "choose norm_num_groups that divides every level",
      );
    }
  }
}

/** The latents' scale must be one that can be taken back. */
function requireLatentScale(config: AutoencoderKLConfig): void {
  const { scaling_factor: scale, shift_factor: shift, latents_mean: mean, latents_std: std, latent_channels } = config;
  requireNumber("scaling_factor", scale);
  if (scale === 0) throw new RangeError("scaling_factor must be a number other than 0, got 0");
  if (shift !== null) requireNumber("shift_factor", shift);
  if (shift !== null && mean !== null) {
    throw new RangeError("shift_factor and latents_mean both move the latents: set one of them to null");
  }
  for (const [key, values] of Object.entries({ latents_mean: mean, latents_std: std })) {
    if (values === null) continue;
    requireList(key, values);
    for (const value of values) requireNumber(key, value);
    if (values.length !== latent_channels) {
      throw new RangeError(
        `${key} has ${values.length} numbers for latent_channels = ${latent_channels}: give one each`,
      );
    }
  }
  const bad = std?.find((value) => !(value > 0));
  if (bad !== undefined) throw new RangeError(`latents_std are deviations, so positive, got ${bad}`);
}
