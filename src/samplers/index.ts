/** Samplers and what one writes samplers with. */
export type { NoiseSource, SamplerOptions, SamplerStep, StochasticOptions } from "./stepping/sampler.js";
export * from "./gathered.js";
export { samplerEntries, twiceButLast, type SamplerDescription, type SamplerEntry } from "./stepping/entry.js";
export { samplerNamed, samplers } from "./registry.js";
export { runOnAnyPath, runsOn } from "./stepping/on-any-path.js";
export { sample, type SampleOptions } from "./stepping/sample.js";
export { timeGrid, type Spacing, type TimeGridOptions } from "./stepping/time-grid.js";
export {
  exponentialLevels,
  karrasLevels,
  logLinearLevels,
  noiseLevelRange,
  polyexponentialLevels,
  type NoiseLevelRange,
} from "./stepping/noise-levels.js";
export { normalNoise, type NormalNoiseOptions } from "./stepping/noise-source.js";
export { torchNoise, type TorchNoiseOptions } from "./stepping/torch-noise.js";
export { march, type Advance, type StepRule } from "./stepping/march.js";
export { marchInSigma, sigmaPoint, type SigmaPoint, type SigmaRule, type Slope } from "./stepping/sigma-space.js";
export { logLikelihood, type Likelihood, type LikelihoodOptions } from "./likelihood.js";
export { ddimInversion, type DdimInversionOptions } from "./editing/ddim-inversion.js";
export { partialStart, type PartialStart } from "./editing/image-to-image.js";
export { inpaint, repaintTimes, type InpaintOptions } from "./editing/inpaint.js";
export { interpolateNoise } from "./editing/latent-interpolation.js";
export { reflowPairs, type ReflowPairs } from "./reflow.js";
