/** The theory: paths, forward process, posterior, predictions, objectives, bounds, guidance and ideal denoisers. */
export * from "./paths/path.js";
export * from "./paths/time.js";
export { scheduleFromAlphaBars, scheduleFromBetas, type Schedule } from "./paths/schedule.js";
export { requireDetermined, TERMINAL_SNR_LIMIT } from "./paths/terminal-snr.js";
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
export * from "./time-densities.js";
export * from "./forward.js";
export * from "./posterior.js";
export * from "./predictions.js";
export * from "./preconditioning.js";
export * from "./objectives.js";
export * from "./loss-weights.js";
export * from "./score-matching.js";
export * from "./variational-bound.js";
export * from "./hybrid-loss.js";
export * from "./denoiser.js";
export * from "./thresholds.js";
export * from "./guidance.js";
export { denoiserOnPath } from "./change-of-path.js";
export * from "./ideal-denoisers.js";
export { dataDenoiser } from "./data-denoiser.js";
export {
  parseSchedulerConfig,
  toSchedulerConfig,
  type DiffusionProcess,
  type NetworkOutput,
  type SchedulerConfig,
} from "./paths/scheduler-config.js";
export type { Clipping, SamplingDefaults, SamplingGrid } from "./paths/sampling-defaults.js";
