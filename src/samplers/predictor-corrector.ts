/** Predictor–corrector: steps of the reverse SDE, corrected by Langevin dynamics. */
import { requireSamplerOptions } from "./stepping/options.js";
import type * as tf from "../runtime/tf.js";
import type { SdePath } from "../diffusion/paths/continuous-paths.js";
import type { Denoiser } from "../diffusion/denoiser.js";
import { samplerEntries, twiceButLast } from "./stepping/entry.js";
import { reverseSde, type ReverseSdeOptions } from "./reverse-sde.js";
import type { SamplerStep } from "./stepping/sampler.js";

/**
 * Predictor–corrector sampling: a reverse-SDE step, then Langevin steps at the new noise level that pull the sample
 * back to its marginal. {@link reverseSde} with one correction unless told otherwise.
 *
 * Source: Song et al. 2021 (score SDE), algorithms 2 and 3.
 * @see SamplerEntry.run, which says what xT is
 */
export function predictorCorrector(
  denoiser: Denoiser,
  path: SdePath,
  xT: tf.Tensor,
  options: ReverseSdeOptions,
): Generator<SamplerStep, tf.Tensor> {
  requireSamplerOptions("predictorCorrector", options, { corrections: true, correctionSnr: true });
  return reverseSde(denoiser, path, xT, { corrections: 1, ...options });
}

export default samplerEntries({
  name: "predictor-corrector",
  title: "Reverse SDE with Langevin corrector",
  order: null, // a correction is as long however many steps there are: its bias stays
  stochastic: true,
  evaluations: twiceButLast,
  paths: "sde",
  run: predictorCorrector,
});
