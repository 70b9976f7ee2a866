/** DDPM's linear schedule, scaled so that its end does not depend on T. */
import { requireKnownKeys } from "../../base/check.js";
import { numericKind } from "./path-kind.js";
import { scheduleFromBetas, type Schedule } from "./schedule.js";
import { requirePositive, requireWhole } from "../../base/values.js";

export interface LinearScheduleOptions {
  /** Number of steps T. Default 1000. */
  readonly T?: number;
  /** β_1 as it would be at `referenceT` steps. Default 1e-4. */
  readonly betaStart?: number;
  /** β_T as it would be at `referenceT` steps. Default 0.02. */
  readonly betaEnd?: number;
  /** β is multiplied by referenceT/T, so that ᾱ_T does not depend on T. Default 1000; pass T itself to switch this off. */
  readonly referenceT?: number;
}

/**
 * β_t rises linearly from betaStart·(referenceT/T) to betaEnd·(referenceT/T).
 *
 * Source: Ho et al. 2020 (DDPM), section 4. The factor 1000/T keeps Σβ, and so ᾱ_T, the same for every T
 * (Nichol & Dhariwal 2021, released code).
 * @throws RangeError when the scaled β_T reaches 1 (with the defaults: T ≤ 20), or `referenceT` is not a finite number > 0.
 */
export function linearSchedule(options: LinearScheduleOptions = {}): Schedule {
  requireKnownKeys("linearSchedule", options, { T: true, betaStart: true, betaEnd: true, referenceT: true });
  const { T = 1000, betaStart = 1e-4, betaEnd = 0.02, referenceT = 1000 } = options;
  const betas = scaledBetas(T, betaStart, betaEnd, referenceT, (start, end, u) => start + (end - start) * u);
  return scheduleFromBetas("linear", betas, { kind: "linear", T, betaStart, betaEnd, referenceT });
}

/** {@link linearSchedule} in a file. */
export const linearKind = numericKind(
  "linear",
  { T: 1000, betaStart: 1e-4, betaEnd: 0.02, referenceT: 1000 },
  linearSchedule,
);

/** β_1 … β_T by a rule between the two scaled ends, u running over 0 … 1. */
export function scaledBetas(
  T: number,
  betaStart: number,
  betaEnd: number,
  referenceT: number,
  rule: (start: number, end: number, u: number) => number,
): Float64Array {
  requireWhole("T", T);
  requirePositive("referenceT", referenceT);
  const scale = referenceT / T;
  if (!(betaStart > 0 && betaStart <= betaEnd)) {
    throw new RangeError(`need 0 < betaStart ≤ betaEnd, got ${betaStart} and ${betaEnd}`);
  }
  if (!(betaEnd * scale < 1)) {
    throw new RangeError(
      `β_T = ${betaEnd}·${referenceT}/${T} = ${betaEnd * scale} is not below 1: with so few steps β cannot be scaled; ` +
        `use T > ${Math.floor(betaEnd * referenceT)}, a cosine schedule, or train with more steps and sample with fewer`,
    );
  }
  return Float64Array.from({ length: T }, (_, i) =>
    rule(betaStart * scale, betaEnd * scale, T === 1 ? 1 : i / (T - 1)),
  );
}
