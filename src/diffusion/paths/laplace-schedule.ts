/** The Laplace schedule: ln SNR is spread as a Laplace density over the times. */
import { requireKnownKeys } from "../../base/check.js";
import { requireNumber, requirePositive } from "../../base/values.js";
import { scheduleFromCurve } from "./cosine-schedule.js";
import { numericKind } from "./path-kind.js";
import type { Schedule } from "./schedule.js";

export interface LaplaceScheduleOptions {
  /** Number of steps T. Default 1000. */
  readonly T?: number;
  /** Centre μ of ln SNR. Default 0. */
  readonly mean?: number;
  /** Scale b of the Laplace density of ln SNR. Default 0.5. */
  readonly scale?: number;
  /** Upper bound of β_t. Default 0.999. */
  readonly maxBeta?: number;
}

/**
 * ln SNR is Laplace-distributed over uniform t: λ(u) = μ − b·sgn(1/2 − u)·ln(1 − 2·|u − 1/2|), ᾱ = sigmoid(λ).
 * Spends more steps at middling noise. (diffusers takes the root of this ᾱ.)
 *
 * Source: Hang et al. 2024 ("Improved noise schedule for diffusion training"), table 1.
 */
export function laplaceSchedule(options: LaplaceScheduleOptions = {}): Schedule {
  requireKnownKeys("laplaceSchedule", options, { T: true, mean: true, scale: true, maxBeta: true });
  const { T = 1000, mean = 0, scale = 0.5, maxBeta = 0.999 } = options;
  requireNumber("mean", mean);
  requirePositive("scale", scale);
  const config = { kind: "laplace", T, mean, scale, maxBeta };
  return scheduleFromCurve("laplace", { T, maxBeta, remedy: "use a larger mean or a smaller scale", config }, (u) => {
    // λ(u) = μ − b·sgn(1/2 − u)·ln(1 − 2·|u − 1/2|)
    const logSnr = u === 0.5 ? mean : mean - scale * Math.sign(0.5 - u) * Math.log(1 - 2 * Math.abs(u - 0.5));
    return 1 / (1 + Math.exp(-logSnr));
  });
}

/** {@link laplaceSchedule} in a file. */
export const laplaceKind = numericKind("laplace", { T: 1000, mean: 0, scale: 0.5, maxBeta: 0.999 }, laplaceSchedule);
