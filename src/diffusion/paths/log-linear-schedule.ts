/** The log-linear schedule: σ grows geometrically from its least to its largest value. */
import { requireKnownKeys } from "../../base/check.js";
import { requireWhole } from "../../base/values.js";
import { numericKind } from "./path-kind.js";
import { scheduleFromAlphaBars, type Schedule } from "./schedule.js";

export interface LogLinearScheduleOptions {
  /** Number of steps T ≥ 2. Default 1000. */
  readonly T?: number;
  /** σ_1 > 0. Default 0.01. */
  readonly sigmaMin?: number;
  /** σ_T. Default 50. */
  readonly sigmaMax?: number;
}

/**
 * ln σ_t rises linearly in t, σ = b/a; ᾱ_t = 1/(1 + σ_t²).
 *
 * Source: Permenter & Yuan 2024 ("Interpreting and improving diffusion models from an optimization perspective").
 */
export function logLinearSchedule(options: LogLinearScheduleOptions = {}): Schedule {
  requireKnownKeys("logLinearSchedule", options, { T: true, sigmaMin: "a number", sigmaMax: "a number" });
  const { T = 1000, sigmaMin = 0.01, sigmaMax = 50 } = options;
  requireWhole("T", T);
  if (!(T >= 2 && sigmaMin > 0 && sigmaMin < sigmaMax)) {
    throw new RangeError(`need T ≥ 2 and 0 < sigmaMin < sigmaMax, got ${T}, ${sigmaMin} and ${sigmaMax}`);
  }
  // σ_t = σ_min·(σ_max/σ_min)^{(t−1)/(T−1)}
  const sigma = (t: number): number => sigmaMin * (sigmaMax / sigmaMin) ** ((t - 1) / (T - 1));
  const alphaBars = Float64Array.from({ length: T + 1 }, (_, t) => (t === 0 ? 1 : 1 / (1 + sigma(t) ** 2)));
  return scheduleFromAlphaBars("log-linear", alphaBars, { kind: "log-linear", T, sigmaMin, sigmaMax });
}

/** {@link logLinearSchedule} in a file. */
export const logLinearKind = numericKind("log-linear", { T: 1000, sigmaMin: 0.01, sigmaMax: 50 }, logLinearSchedule);
