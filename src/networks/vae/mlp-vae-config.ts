/** The configuration of {@link MlpVae}, checked key by key. */
import { activationNames, type ActivationName } from "../../nn/index.js";
import { requireOneOf, requirePositive, withDefaults } from "../config-keys.js";
import { likelihoodNames, type LikelihoodName } from "./vae-network.js";

/** The configuration of {@link MlpVae}. */
export interface MlpVaeConfig {
  /** Numbers an example, default 2. */
  readonly dimensions: number;
  /** Widths of the encoder's hidden layers; the decoder's are the same backwards. Default [64, 64]; [] is linear. */
  readonly hidden: readonly number[];
  /** Length d of the latent vector z, default 2. */
  readonly latent_channels: number;
  /** Default "silu". */
  readonly act_fn: ActivationName;
  /** Default "gaussian"; "bernoulli" is for numbers in [−1, 1] that stand for probabilities, as grey values do. */
  readonly likelihood: LikelihoodName;
}

/** What a configuration of {@link MlpVae} leaves out. */
export const mlpVaeDefaults: MlpVaeConfig = {
  dimensions: 2,
  hidden: [64, 64],
  latent_channels: 2,
  act_fn: "silu",
  likelihood: "gaussian",
};

/** @throws RangeError naming the key that is wrong */
export function mlpVaeConfig(given: Partial<MlpVaeConfig>): MlpVaeConfig {
  const config = withDefaults("MlpVae", mlpVaeDefaults, given);
  for (const key of ["dimensions", "latent_channels"] as const) requirePositive(key, config[key]);
  for (const width of config.hidden) requirePositive("hidden", width);
  requireOneOf("act_fn", [config.act_fn], activationNames);
  requireOneOf("likelihood", [config.likelihood], likelihoodNames);
  return config;
}
