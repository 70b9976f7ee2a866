/** The keys that both U-Nets' configurations have, and the checks of them. */
import { requireKind } from "../../base/kinds.js";
import { activationNames, type ActivationName, type TimeScaleShift } from "../../nn/index.js";
import { requireDropoutRate } from "../../nn/dropout.js";
import { requireList, requireNumber, requireOneOf, requirePositive } from "../config-keys.js";

/** What diffusers' `UNet2DModel` and `UNet2DConditionModel` both are told, under the same names. */
export interface UNetCommonConfig {
  /** Height and width the model was trained at; any other size that the network can halve also runs. */
  readonly sample_size: number | readonly [number, number] | null;
  readonly in_channels: number;
  readonly out_channels: number;
  readonly center_input_sample: boolean;
  /** Length of the vector every block sees; null is four times the first of `block_out_channels`. */
  readonly time_embedding_dim: number | null;
  readonly freq_shift: number;
  readonly flip_sin_to_cos: boolean;
  readonly down_block_types: readonly string[];
  readonly mid_block_type: string | null;
  readonly up_block_types: readonly string[];
  readonly block_out_channels: readonly number[];
  readonly mid_block_scale_factor: number;
  readonly downsample_padding: 0 | 1;
  /** Share of numbers each residual block drops while training, where masks are given. */
  readonly dropout: number;
  readonly act_fn: ActivationName;
  readonly norm_num_groups: number;
  readonly norm_eps: number;
  readonly resnet_time_scale_shift: TimeScaleShift;
  /** Number of classes for a class-conditional model, null for none. */
  readonly num_class_embeds: number | null;
}

/** The names of blocks that a network has. */
export interface KnownBlocks {
  readonly down: readonly string[];
  readonly mid: string;
  readonly up: readonly string[];
}

/** diffusers' U-Nets do not know CLIP's activation, so a network that had it could not travel. */
const ACTIVATIONS = activationNames.filter((name) => name !== "quick_gelu");

/** @throws RangeError naming the key that no U-Net can be built from, and what is allowed */
export function requireCommonKeys(config: UNetCommonConfig, known: KnownBlocks): void {
  requireKind("sample_size", config.sample_size, "a number or a list or null");
  for (const key of ["block_out_channels", "down_block_types", "up_block_types"] as const) {
    requireList(key, config[key]);
  }
  const levels = config.block_out_channels.length;
  for (const key of ["down_block_types", "up_block_types"] as const) {
    if (config[key].length !== levels) {
      throw new RangeError(
        `${key} names ${config[key].length} blocks for ${levels} block_out_channels: give one a level`,
      );
    }
  }
  requireOneOf("down_block_types", config.down_block_types, known.down);
  requireOneOf("up_block_types", config.up_block_types, known.up);
  requireOneOf("mid_block_type", [config.mid_block_type], [known.mid, null]);
  requireOneOf("resnet_time_scale_shift", [config.resnet_time_scale_shift], ["default", "scale_shift"]);
  requireOneOf("act_fn", [config.act_fn], ACTIVATIONS);
  for (const key of ["in_channels", "out_channels", "norm_num_groups"] as const) requirePositive(key, config[key]);
  for (const key of ["time_embedding_dim", "num_class_embeds"] as const) {
    const value = config[key];
    if (value !== null) requirePositive(key, value);
  }
  for (const key of ["dropout", "norm_eps", "mid_block_scale_factor", "freq_shift"] as const) {
    requireNumber(key, config[key]);
  }
  if (![0, 1].includes(config.downsample_padding)) {
    throw new RangeError(`downsample_padding must be 0 or 1, got ${config.downsample_padding}`);
  }
  if (config.mid_block_scale_factor === 0) {
    throw new RangeError("mid_block_scale_factor must be a number other than 0, got 0");
  }
  requireDropoutRate(config.dropout);
  if (!(config.norm_eps > 0)) throw new RangeError(`norm_eps must be a positive number, got ${config.norm_eps}`);
  requireWidths(config);
}

function requireWidths({ block_out_channels: widths, norm_num_groups: groups }: UNetCommonConfig): void {
  for (const channels of widths) {
    requirePositive("block_out_channels", channels);
    if (channels % groups !== 0) {
      throw new RangeError(
        `block_out_channels has ${channels}, which norm_num_groups = ${groups} does not divide: ` +
          `choose norm_num_groups that divides every level`,
      );
    }
  }
  if (widths[0] % 2 !== 0) {
    throw new RangeError(
      `block_out_channels starts with ${widths[0]}: the time embedding has that many sines and cosines, so it must be even`,
    );
  }
}
