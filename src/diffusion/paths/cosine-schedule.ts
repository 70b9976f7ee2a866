/** The cosine schedule, and schedules from any curve of ᾱ. */
import { requireKnownKeys } from "../../base/check.js";
import { requireNotNegative, requireWhole } from "../../base/values.js";
import { numericKind } from "./path-kind.js";
import type { PathConfig } from "./path.js";
import { scheduleFromBetas, type Schedule } from "./schedule.js";

export interface CosineScheduleOptions {
  /** Number of steps T. Default 1000. */
  readonly T?: number;
  /** Offset that keeps β_1 from vanishing. Default 0.008. */
  readonly s?: number;
  /** Upper bound of β_t, below 1. Default 0.999. */
  readonly maxBeta?: number;
}

/**
 * ᾱ(t) ∝ cos²(π/2·(t/T + s)/(1 + s)), β_t = min(1 − ᾱ_t/ᾱ_{t−1}, maxBeta).
 *
 * Source: Nichol & Dhariwal 2021 (improved DDPM), equation 17.
 */
export function cosineSchedule(options: CosineScheduleOptions = {}): Schedule {
  requireKnownKeys("cosineSchedule", options, { T: true, s: true, maxBeta: true });
  const { T = 1000, s = 0.008, maxBeta = 0.999 } = options;
  requireNotNegative("s", s);
  // f(t) = cos²(π/2·(t/T + s)/(1 + s))
  const curve = (u: number): number => Math.cos(((u + s) / (1 + s)) * (Math.PI / 2)) ** 2;
  const config = { kind: "cosine", T, s, maxBeta };
  return scheduleFromCurve("cosine", { T, maxBeta, remedy: "use a smaller s", config }, curve);
}

/** {@link cosineSchedule} in a file. */
export const cosineKind = numericKind("cosine", { T: 1000, s: 0.008, maxBeta: 0.999 }, cosineSchedule);

/**
 * β_t = min(1 − f(t/T)/f((t−1)/T), maxBeta) for a falling curve f on [0, 1], which need not start at 1.
 *
 * @param options.remedy what to do about a curve that reaches 0 before its end
 */
export function scheduleFromCurve(
  name: string,
  options: { readonly T: number; readonly maxBeta: number; readonly remedy: string; readonly config: PathConfig },
  curve: (u: number) => number,
): Schedule {
  const { T, maxBeta, remedy, config } = options;
  requireWhole("T", T);
  if (!(maxBeta > 0 && maxBeta < 1)) throw new RangeError(`maxBeta must lie in (0, 1), got ${maxBeta}`);
  const betas = Float64Array.from({ length: T }, (_, i) => {
    const before = curve(i / T);
    if (!(before > 0))
      throw new RangeError(
        `schedule "${name}": ᾱ is already ${before} at t = ${i}, with ${T - i} steps to come: ${remedy}`,
      );
    const beta = Math.min(1 - curve((i + 1) / T) / before, maxBeta);
    if (!(beta > 0))
      throw new RangeError(`schedule "${name}": step ${i + 1} of ${T} adds no noise, β = ${beta}: ${remedy}`);
    return beta;
  });
  return scheduleFromBetas(name, betas, config);
}
