import { scaledBetas, type LinearScheduleOptions } from "./linear-schedule.js";
import { scheduleFromBetas, type Schedule } from "./schedule.js";

/**
 * √β_t rises linearly: β_t = (√β_start + u·(√β_end − √β_start))², with DDPM's ends.
 *
 * Source: Song et al. 2021 (DDIM), appendix D ("quad" in its code).
 * @throws RangeError when the scaled β_T reaches 1
 */
export function quadraticSchedule(options: LinearScheduleOptions = {}): Schedule {
  return scheduleFromBetas("quadratic", rootLinear({ betaStart: 1e-4, betaEnd: 0.02, ...options }));
}

/**
 * The curve of {@link quadraticSchedule} with the ends of latent diffusion, 0.00085 and 0.012; Stable Diffusion and
 * diffusers call it "scaled_linear".
 *
 * Source: Rombach et al. 2022 (latent diffusion), released configuration.
 * @throws RangeError when the scaled β_T reaches 1
 */
export function scaledLinearSchedule(options: LinearScheduleOptions = {}): Schedule {
  return scheduleFromBetas("scaled-linear", rootLinear({ betaStart: 0.00085, betaEnd: 0.012, ...options }));
}

function rootLinear(
  options: LinearScheduleOptions & { readonly betaStart: number; readonly betaEnd: number },
): Float64Array {
  const { T = 1000, betaStart, betaEnd, referenceT = 1000 } = options;
  return scaledBetas(
    T,
    betaStart,
    betaEnd,
    referenceT,
    (start, end, u) => (Math.sqrt(start) + (Math.sqrt(end) - Math.sqrt(start)) * u) ** 2,
  );
}
