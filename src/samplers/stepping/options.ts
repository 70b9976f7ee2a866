/** The names of what samplers take, so that a misspelt option is refused. */
import { requireKnownKeys, requireNoSlip, type OptionRule } from "../../base/check.js";
import { requireThreshold } from "../../diffusion/thresholds.js";
import type { SamplerOptions, StochasticOptions } from "./sampler.js";

const COMMON: { readonly [Name in keyof StochasticOptions]-?: OptionRule } = {
  steps: "a number",
  spacing: true,
  times: true,
  levels: true,
  finish: true,
  condition: "an object",
  clip: "a function",
  clipKeepsNoise: "true or false",
  // Whoever runs samplers by their names gives noise to all of them.
  noise: "a function",
};

/** What all samplers take, of options among which a sampler's own may stand. @throws as {@link requireSamplerOptions} */
export function requireCommonOptions(name: string, options: SamplerOptions): void {
  requireNoSlip(name, options, COMMON);
}

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
  own: { readonly [Name in Exclude<keyof Options, keyof StochasticOptions>]-?: OptionRule },
): void {
  requireKnownKeys<object>(name, options, { ...COMMON, ...own });
  if (options.clip !== undefined) requireThreshold(options.clip);
}
