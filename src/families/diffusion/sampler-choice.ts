/** A sampler by its name, with the model's own grid and variance where nothing else is asked for. */
import type * as tf from "../../runtime/tf.js";
import { counted } from "../../base/words.js";
import type { Denoiser, GaussianPath, SamplingDefaults } from "../../diffusion/index.js";
import {
  ddim,
  ddpm,
  runOnAnyPath,
  runsOn,
  samplerNamed,
  type SamplerEntry,
  type SamplerStep,
  type StochasticOptions,
} from "../../samplers/index.js";
import { gridOptions } from "./sampling-options.js";

/** A sampler with the options every sampler takes. */
export type AnySampler = (
  denoiser: Denoiser,
  path: GaussianPath,
  xT: tf.Tensor,
  options: StochasticOptions,
) => Generator<SamplerStep, tf.Tensor>;

/** Of samplers that take as many as they are told. */
export const DEFAULT_STEPS = 50;

export interface SamplerChoice {
  readonly sampler: AnySampler;
  /** Null where it chooses its own, whatever it is handed. */
  readonly steps: number | null;
  /** The same in words. */
  readonly pace: string;
}

/**
 * The sampler of that name, and how many steps it takes.
 *
 * @param options.eta noise of ddim
 * @param options.steps undefined where it was left out
 * @param sampling how the model is sampled unless told otherwise; default: as the sampler spaces its steps
 * @throws RangeError for an unknown name, with the list, and for an option that the sampler has no use for
 */
export function chooseSampler(
  name: string,
  options: { readonly eta?: number; readonly steps?: number },
  sampling?: SamplingDefaults,
): SamplerChoice {
  const { eta = 0, steps = DEFAULT_STEPS } = options;
  const entry = samplerNamed(name);
  if (eta !== 0 && name !== "ddim") throw new RangeError(`eta is the noise of ddim, not of ${name}: leave it out`);
  if (entry.choosesSteps) {
    if (options.steps !== undefined) throw new RangeError(`steps: ${name} chooses its steps itself: leave it out`);
    return {
      sampler: (denoiser, path, xT, rest) => runOnAnyPath(entry, denoiser, path, xT, { ...rest, steps: undefined }),
      steps: null,
      pace: "its own steps",
    };
  }
  const special = specialised(entry, eta, sampling);
  const sampler: AnySampler = (denoiser, path, xT, { steps: asked = steps, ...rest }) => {
    // A sampler that needs another path has times of its own.
    const times = sampling && runsOn(special, path) ? gridOptions(sampling, path, asked) : { steps: asked };
    return runOnAnyPath(special, denoiser, path, xT, { ...rest, ...times });
  };
  return { sampler, steps, pace: counted(steps, "step") };
}

/** The entry with what its own function takes besides: ddim's noise, ddpm's variance. */
function specialised(entry: SamplerEntry, eta: number, sampling?: SamplingDefaults): SamplerEntry {
  if (entry.name === "ddim" && eta !== 0) {
    return { ...entry, run: (denoiser, path, xT, rest) => ddim(denoiser, path, xT, { ...rest, eta }) };
  }
  if (entry.name === "ddpm" && sampling) {
    const { variance } = sampling;
    return { ...entry, run: (denoiser, path, xT, rest) => ddpm(denoiser, path, xT, { ...rest, variance }) };
  }
  return entry;
}
