/** The configuration of {@link ConvVae}, checked key by key. */
import { activationNames, type ActivationName } from "../../nn/index.js";
import { requireList, requireOneOf, requirePositive, withDefaults } from "../config-keys.js";
import { likelihoodNames, type LikelihoodName } from "./vae-network.js";

/** The configuration of {@link ConvVae}. */
export interface ConvVaeConfig {
  /** Of an image, in pixels, default 28. */
  readonly height: number;
  readonly width: number;
  /** Default 1. */
  readonly in_channels: number;
  /** Channels of the levels; each halves the image. Default [32, 64]. */
  readonly block_out_channels: readonly number[];
  /** Length of the hidden vector between convolutions and latent, default 256. */
  readonly hidden_channels: number;
  /** Length d of the latent vector z, default 16. */
  readonly latent_channels: number;
  /** Default 8. */
  readonly norm_num_groups: number;
  /** Default "silu". */
  readonly act_fn: ActivationName;
  /** Default "bernoulli". */
  readonly likelihood: LikelihoodName;
}

/** What a configuration of {@link ConvVae} leaves out. */
export const convVaeDefaults: ConvVaeConfig = {
  height: 28,
  width: 28,
  in_channels: 1,
  block_out_channels: [32, 64],
  hidden_channels: 256,
  latent_channels: 16,
  norm_num_groups: 8,
  act_fn: "silu",
  likelihood: "bernoulli",
};

/** @throws RangeError naming the key that is wrong */
export function convVaeConfig(given: Partial<ConvVaeConfig>): ConvVaeConfig {
  const config = withDefaults("ConvVae", convVaeDefaults, given);
  for (const key of [
    "height",
    "width",
    "in_channels",
    "hidden_channels",
    "latent_channels",
    "norm_num_groups",
  ] as const) {
    requirePositive(key, config[key]);
  }
  requireList("block_out_channels", config.block_out_channels);
  for (const channels of config.block_out_channels) {
    requirePositive("block_out_channels", channels);
    if (channels % config.norm_num_groups !== 0) {
      throw new RangeError(
        `block_out_channels: ${channels} channels do not divide into ${config.norm_num_groups} groups (norm_num_groups)`,
      );
    }
  }
  const smallest = Math.min(config.height, config.width) / 2 ** config.block_out_channels.length;
  if (smallest < 1) {
    throw new RangeError(
      `an image of ${config.height}×${config.width} cannot be halved ${config.block_out_channels.length} times: ` +
        "name fewer levels in block_out_channels",
    );
  }
  requireOneOf("act_fn", [config.act_fn], activationNames);
  requireOneOf("likelihood", [config.likelihood], likelihoodNames);
  return config;
}
