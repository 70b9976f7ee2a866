/** The two sigmoid schedules: one shapes β_t, the other ᾱ_t. */
import { requireKnownKeys } from "../../base/check.js";
import { requireNumber, requirePositive } from "../../base/values.js";
import { scheduleFromCurve } from "./cosine-schedule.js";
import { scaledBetas, type LinearScheduleOptions } from "./linear-schedule.js";
import { numericKind } from "./path-kind.js";
import { scheduleFromBetas, type Schedule } from "./schedule.js";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * β follows a sigmoid: β_t = β_start + (β_end − β_start)·sigmoid(−6 + 12·u). Not the schedule of {@link sigmoidAlphaBarSchedule}.
 *
 * Source: Xu et al. 2022 (GeoDiff), released code.
 * @throws RangeError when the scaled β_T reaches 1
 */
export function sigmoidBetaSchedule(options: LinearScheduleOptions = {}): Schedule {
  requireKnownKeys("sigmoidBetaSchedule", options, { T: true, betaStart: true, betaEnd: true, referenceT: true });
  const { T = 1000, betaStart = 1e-4, betaEnd = 0.02, referenceT = 1000 } = options;
  const betas = scaledBetas(
    T,
    betaStart,
    betaEnd,
    referenceT,
    (start, end, u) => start + (end - start) * sigmoid(12 * u - 6),
  );
  return scheduleFromBetas("sigmoid-beta", betas, { kind: "sigmoid-beta", T, betaStart, betaEnd, referenceT });
}

/** {@link sigmoidBetaSchedule} in a file. */
export const sigmoidBetaKind = numericKind(
  "sigmoid-beta",
  { T: 1000, betaStart: 1e-4, betaEnd: 0.02, referenceT: 1000 },
  sigmoidBetaSchedule,
);

export interface SigmoidAlphaBarOptions {
  /** Number of steps T. Default 1000. */
  readonly T?: number;
  /** Argument of the sigmoid at t = 0, times τ. Default −3. */
  readonly start?: number;
  /** Argument of the sigmoid at t = T, times τ. Default 3. */
  readonly end?: number;
  /** Temperature τ: smaller is steeper. Default 1. */
  readonly tau?: number;
  /** Upper bound of β_t. Default 0.999. */
  readonly maxBeta?: number;
}

/**
 * ᾱ follows a sigmoid: ᾱ(u) = (S(end) − S(start + u·(end − start)))/(S(end) − S(start)), S(x) = sigmoid(x/τ).
 * Not the schedule of {@link sigmoidBetaSchedule}.
 *
 * Source: Jabri et al. 2023 (RIN); Chen 2023 ("On the importance of noise scheduling").
 */
export function sigmoidAlphaBarSchedule(options: SigmoidAlphaBarOptions = {}): Schedule {
  requireKnownKeys("sigmoidAlphaBarSchedule", options, { T: true, start: true, end: true, tau: true, maxBeta: true });
  const { T = 1000, start = -3, end = 3, tau = 1, maxBeta = 0.999 } = options;
  requireNumber("start", start);
  requireNumber("end", end);
  requirePositive("tau", tau);
  if (!(start < end)) throw new RangeError(`need start < end, got ${start} and ${end}`);
  // S(end) − S(x) as S(−x) − S(−end), which does not cancel where S is near 1.
  const above = (x: number): number => sigmoid(-x / tau) - sigmoid(-end / tau);
  const curve = (u: number): number => above(start + u * (end - start)) / above(start);
  const config = { kind: "sigmoid-alpha-bar", T, start, end, tau, maxBeta };
  const remedy = "use a larger tau or a smaller end";
  return scheduleFromCurve("sigmoid-alpha-bar", { T, maxBeta, remedy, config }, curve);
}

/** {@link sigmoidAlphaBarSchedule} in a file. */
export const sigmoidAlphaBarKind = numericKind(
  "sigmoid-alpha-bar",
  { T: 1000, start: -3, end: 3, tau: 1, maxBeta: 0.999 },
  sigmoidAlphaBarSchedule,
);
