/** Schedules whose √β_t rises linearly: DDIM's "quad" and latent diffusion's "scaled linear". */
import { requireKnownKeys } from "../../base/check.js";
import { scaledBetas, type LinearScheduleOptions } from "./linear-schedule.js";
import { numericKind } from "./path-kind.js";
import { scheduleFromBetas, type Schedule } from "./schedule.js";

/**
 * √β_t rises linearly: β_t = (√β_start + u·(√β_end − √β_start))², with DDPM's ends.
 *
 * Source: Song et al. 2021 (DDIM), appendix D ("quad" in its code).
 * @throws RangeError when the scaled β_T reaches 1
 */
export function quadraticSchedule(options: LinearScheduleOptions = {}): Schedule {
  requireKnownKeys("quadraticSchedule", options, { T: true, betaStart: true, betaEnd: true, referenceT: true });
  const { T = 1000, betaStart = 1e-4, betaEnd = 0.02, referenceT = 1000 } = options;
  return rootLinear("quadratic", { T, betaStart, betaEnd, referenceT });
}

/** {@link quadraticSchedule} in a file. */
export const quadraticKind = numericKind(
  "quadratic",
  { T: 1000, betaStart: 1e-4, betaEnd: 0.02, referenceT: 1000 },
  quadraticSchedule,
);

/**
 * The curve of {@link quadraticSchedule} with the ends of latent diffusion, 0.00085 and 0.012; Stable Diffusion and
 * diffusers call it "scaled_linear".
 *
 * Source: Rombach et al. 2022 (latent diffusion), released configuration.
 * @throws RangeError when the scaled β_T reaches 1
 */
export function scaledLinearSchedule(options: LinearScheduleOptions = {}): Schedule {
  requireKnownKeys("scaledLinearSchedule", options, { T: true, betaStart: true, betaEnd: true, referenceT: true });
  const { T = 1000, betaStart = 0.00085, betaEnd = 0.012, referenceT = 1000 } = options;
  return rootLinear("scaled-linear", { T, betaStart, betaEnd, referenceT });
}

/** {@link scaledLinearSchedule} in a file. */
export const scaledLinearKind = numericKind(
  "scaled-linear",
  { T: 1000, betaStart: 0.00085, betaEnd: 0.012, referenceT: 1000 },
  scaledLinearSchedule,
);

function rootLinear(kind: string, options: Required<LinearScheduleOptions>): Schedule {
  const { T, betaStart, betaEnd, referenceT } = options;
  const rule = (start: number, end: number, u: number): number => {
    return (Math.sqrt(start) + (Math.sqrt(end) - Math.sqrt(start)) * u) ** 2;
  };
  return scheduleFromBetas(kind, scaledBetas(T, betaStart, betaEnd, referenceT, rule), { kind, ...options });
}
