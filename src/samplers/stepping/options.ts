/** The names of what samplers take, so that a misspelt option is refused. */
import { requireKnownKeys } from "../../base/check.js";
import { requireThreshold } from "../../diffusion/thresholds.js";
import type { SamplerOptions, StochasticOptions } from "./sampler.js";

const COMMON: { readonly [Name in keyof StochasticOptions]-?: true } = {
  steps: true,
  spacing: true,
  times: true,
  levels: true,
  finish: true,
  condition: true,
  clip: true,
  clipKeepsNoise: true,
  // Whoever runs samplers by their names gives noise to all of them.
  noise: true,
};

/**
 * Refuses options that a sampler does not know.
 *
 * @param name of the sampler's function
 * @param own what it takes besides what all do
 * @throws RangeError naming the first unknown option and the nearest known one
 */
export function requireSamplerOptions<Options extends SamplerOptions>(
  name: string,
  options: Options,
  own: { readonly [Name in Exclude<keyof Options, keyof StochasticOptions>]-?: true },
): void {
  requireKnownKeys<object>(name, options, { ...COMMON, ...own });
  if (options.clip !== undefined) requireThreshold(options.clip);
}
