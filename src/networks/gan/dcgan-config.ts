/** The configurations of the convolutional generator and discriminator, checked key by key. */
import { requireKind } from "../../base/kinds.js";
import { requireList, requireOneOf, requirePositive, withDefaults } from "../config-keys.js";

/** The image both players see, and how often it is halved. */
interface ImageConfig {
  /** In pixels, default 28; divides by 2 as often as there are levels. */
  readonly height: number;
  readonly width: number;
  /** Channels of the levels, the finest first; each halves the image. */
  readonly block_out_channels: readonly number[];
}

/** The configuration of {@link DcganGenerator}. */
export interface DcganGeneratorConfig extends ImageConfig {
  /** Length of the latent vector z, default 64. */
  readonly latent_channels: number;
  /** Default 1. */
  readonly out_channels: number;
  /** Default 8. */
  readonly norm_num_groups: number;
}

/** The configuration of {@link DcganDiscriminator}. */
export interface DcganDiscriminatorConfig extends ImageConfig {
  /** Default 1. */
  readonly in_channels: number;
  /** Slope of the leaky rectifiers where x < 0, default 0.2. */
  readonly negative_slope: number;
  /** "spectral" divides every weight by its largest singular value; default null, none. */
  readonly weight_norm: "spectral" | null;
}

/** What a configuration of {@link DcganGenerator} leaves out. */
export const dcganGeneratorDefaults: DcganGeneratorConfig = {
  height: 28,
  width: 28,
  out_channels: 1,
  latent_channels: 64,
  block_out_channels: [64, 128],
  norm_num_groups: 8,
};

/** What a configuration of {@link DcganDiscriminator} leaves out. */
export const dcganDiscriminatorDefaults: DcganDiscriminatorConfig = {
  height: 28,
  width: 28,
  in_channels: 1,
  block_out_channels: [64, 128],
  negative_slope: 0.2,
  weight_norm: null,
};

/** @throws RangeError naming the key that is wrong */
export function dcganGeneratorConfig(given: Partial<DcganGeneratorConfig>): DcganGeneratorConfig {
  const config = withDefaults("DcganGenerator", dcganGeneratorDefaults, given);
  for (const key of ["out_channels", "latent_channels", "norm_num_groups"] as const) requirePositive(key, config[key]);
  requireImage(config);
  for (const channels of config.block_out_channels) {
    if (channels % config.norm_num_groups === 0) continue;
    throw new RangeError(
      `block_out_channels: ${channels} channels do not divide into ${config.norm_num_groups} groups (norm_num_groups)`,
    );
  }
  return config;
}

/** @throws RangeError naming the key that is wrong */
export function dcganDiscriminatorConfig(given: Partial<DcganDiscriminatorConfig>): DcganDiscriminatorConfig {
  const config = withDefaults("DcganDiscriminator", dcganDiscriminatorDefaults, given);
  requirePositive("in_channels", config.in_channels);
  requireImage(config);
  requireDiscriminator(config);
  return config;
}

/** What discriminators of images and of points have alike. @throws RangeError naming the key that is wrong */
export function requireDiscriminator({
  negative_slope,
  weight_norm,
}: Pick<DcganDiscriminatorConfig, "negative_slope" | "weight_norm">): void {
  requireKind("negative_slope", negative_slope, "a number");
  if (!(negative_slope >= 0 && negative_slope < 1)) {
    throw new RangeError(`negative_slope must lie in 0 … < 1, got ${negative_slope}`);
  }
  requireOneOf("weight_norm", [weight_norm], ["spectral", null]);
}

/** Height and width at the coarsest level. */
export function coarsest({ height, width, block_out_channels }: ImageConfig): [number, number] {
  const factor = 2 ** block_out_channels.length;
  return [height / factor, width / factor];
}

function requireImage(config: ImageConfig): void {
  for (const key of ["height", "width"] as const) requirePositive(key, config[key]);
  requireList("block_out_channels", config.block_out_channels);
  for (const channels of config.block_out_channels) requirePositive("block_out_channels", channels);
  if (coarsest(config).every(Number.isInteger)) return;
  const { height, width, block_out_channels } = config;
  throw new RangeError(
    `an image of ${height}×${width} cannot be halved ${block_out_channels.length} times: name fewer levels in ` +
      "block_out_channels, or pad the images",
  );
}
