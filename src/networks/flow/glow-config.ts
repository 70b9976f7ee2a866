/** The configuration of {@link Glow}, checked key by key. */
import { activationNames, type ActivationName } from "../../nn/index.js";
import { requireLayers, requireOneOf, requirePositive, withDefaults } from "../config-keys.js";

/** The configuration of {@link Glow}. */
export interface GlowConfig {
  /** Of an image, in pixels, default 28; must divide by 2 at each level. */
  readonly height: number;
  readonly width: number;
  /** Default 1. */
  readonly in_channels: number;
  /** Levels L: each halves the image, and all but the last pass half of its channels on as latents. Default 2. */
  readonly num_levels: number;
  /** Steps K a level: ActNorm, 1×1 convolution, coupling. Default 8. */
  readonly num_steps: number;
  /** Channels of each coupling's network, default 64. */
  readonly hidden_channels: number;
  /** Default "relu". */
  readonly act_fn: ActivationName;
  /** α of the logit that images go through first, 0 < α < 1; default 1e-6. */
  readonly logit_margin: number;
}

/** What a configuration of {@link Glow} leaves out. */
export const glowDefaults: GlowConfig = {
  height: 28,
  width: 28,
  in_channels: 1,
  num_levels: 2,
  num_steps: 8,
  hidden_channels: 64,
  act_fn: "relu",
  logit_margin: 1e-6,
};

/** @throws RangeError naming the key that is wrong */
export function glowConfig(given: Partial<GlowConfig>): GlowConfig {
  const config = withDefaults("Glow", glowDefaults, given);
  for (const key of ["height", "width", "in_channels", "hidden_channels"] as const) requirePositive(key, config[key]);
  for (const key of ["num_levels", "num_steps"] as const) requireLayers(key, config[key]);
  const { height, width, num_levels, logit_margin } = config;
  const factor = 2 ** num_levels;
  if (height % factor !== 0 || width % factor !== 0) {
    const whole = (size: number): number => Math.ceil(size / factor) * factor;
    throw new RangeError(
      `an image of ${height}×${width} cannot be halved ${num_levels} times without a rest: ` +
        `take fewer levels (num_levels), or pad the images to ${whole(height)}×${whole(width)}`,
    );
  }
  requireOneOf("act_fn", [config.act_fn], activationNames);
  if (!(logit_margin > 0 && logit_margin < 1)) {
    throw new RangeError(`logit_margin must be a number between 0 and 1, got ${JSON.stringify(logit_margin)}`);
  }
  return config;
}
