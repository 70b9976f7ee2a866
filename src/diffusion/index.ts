/** The theory: paths, forward process, posterior, predictions, objectives, bounds, guidance and ideal denoisers. */
export { halfLogSnr, noiseLevel, type GaussianPath, type PathConfig } from "./paths/path.js";
export { networkTime, type Timestep } from "./paths/time.js";
export { scheduleFromAlphaBars, scheduleFromBetas, type Schedule } from "./paths/schedule.js";
export { linearSchedule, type LinearScheduleOptions } from "./paths/linear-schedule.js";
export { quadraticSchedule, scaledLinearSchedule } from "./paths/quadratic-schedule.js";
export { cosineSchedule, type CosineScheduleOptions } from "./paths/cosine-schedule.js";
export {
  sigmoidAlphaBarSchedule,
  sigmoidBetaSchedule,
  type SigmoidAlphaBarOptions,
} from "./paths/sigmoid-schedules.js";
export { laplaceSchedule, type LaplaceScheduleOptions } from "./paths/laplace-schedule.js";
export { logLinearSchedule, type LogLinearScheduleOptions } from "./paths/log-linear-schedule.js";
export { zeroTerminalSnr } from "./paths/zero-terminal-snr.js";
export { respace, respacedDenoiser, type RespacedSchedule } from "./paths/respace.js";
export {
  edmPath,
  flowPath,
  subVpPath,
  vePath,
  vpPath,
  type SdePath,
  type VpPathOptions,
} from "./paths/continuous-paths.js";
export { pathFromConfig, pathKinds } from "./paths/registry.js";
export type { PathKind } from "./paths/path-kind.js";
export { coefficients, perExample, type Coefficients } from "./coefficients.js";
export {
  logitNormalTimes,
  logNormalLevels,
  lossAwareTimes,
  stratifiedTimes,
  uniformTimes,
  type LossAwareOptions,
  type LossAwareTimes,
  type TimeDensity,
  type TimeDraw,
} from "./time-densities.js";
export { noised, qSample, qStep } from "./forward.js";
export { levelAt, posterior, type GaussianMoments, type Level } from "./posterior.js";
export {
  convertPrediction,
  predictions,
  toFlow,
  toNoise,
  toSample,
  toScore,
  toVelocity,
  type Conversion,
  type Prediction,
} from "./predictions.js";
export {
  edmPreconditioning,
  pathPreconditioning,
  preconditioned,
  preconditionedTarget,
  type Preconditioning,
  type RawNetwork,
} from "./preconditioning.js";
export { simpleLoss, trainingTarget } from "./objectives.js";
export { lossWeights, type Weighting, type WeightingOptions } from "./loss-weights.js";
export { scoreMatchingLoss } from "./score-matching.js";
export {
  boundTerm,
  logVarianceBounds,
  variationalBound,
  type BoundOptions,
  type BoundReport,
  type ReverseStep,
} from "./variational-bound.js";
export { hybridLoss, type HybridOptions } from "./hybrid-loss.js";
export {
  estimate,
  splitLearnedVariance,
  type Denoiser,
  type Estimate,
  type EstimateOptions,
  type LearnedVarianceDenoiser,
} from "./denoiser.js";
export { clipDynamic, clipStatic, type Threshold } from "./thresholds.js";
export { classifierGuided, guided, type GuidanceOptions, type LogProbability } from "./guidance.js";
export { denoiserOnPath } from "./change-of-path.js";
export {
  gaussianDenoiser,
  mixtureDenoiser,
  type Covariance,
  type GaussianMixture,
  type IdealDenoiser,
} from "./ideal-denoisers.js";
export { dataDenoiser } from "./data-denoiser.js";
export {
  parseSchedulerConfig,
  toSchedulerConfig,
  type DiffusionProcess,
  type NetworkOutput,
  type SchedulerConfig,
} from "./paths/scheduler-config.js";
export type { StepRules } from "./paths/solver-config.js";
export type { Clipping, SamplingDefaults, SamplingGrid } from "./paths/sampling-defaults.js";
