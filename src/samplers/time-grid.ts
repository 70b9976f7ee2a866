import { checkChoice } from "../diffusion/check.js";
import type { GaussianPath } from "../diffusion/path.js";

/**
 * How n sampling steps are spread over the training times 1 … T (names as in diffusers; Lin et al. 2024, table 2):
 * - `"leading"`: 1 + i·⌊T/n⌋, so T itself may be left out
 * - `"trailing"`: T − i·T/n rounded: always starts at T
 * - `"linspace"`: from T to 1 with both ends
 */
export type Spacing = "leading" | "trailing" | "linspace";

export interface TimeGridOptions {
  readonly steps?: number;
  readonly spacing?: Spacing;
  readonly times?: readonly number[];
  readonly levels?: readonly number[];
  readonly finish?: "data" | "last";
}

/**
 * The decreasing times t_1 > t_2 > … > t_n a sampler visits, with the closing 0 (unless it finishes at the last one).
 * On a continuous path the times are not rounded.
 *
 * @throws RangeError for n outside 1 … T on a discrete schedule, or `times` or `levels` that do not fall strictly
 * within the path's range
 */
export function timeGrid(path: GaussianPath, options: TimeGridOptions = {}): number[] {
  const { T, discrete } = path;
  const { spacing = "trailing", levels, finish = "data" } = options;
  checkChoice("finish", finish, ["data", "last"]);
  checkChoice("spacing", spacing, ["leading", "trailing", "linspace"]);
  const times = options.times ?? levels?.map((level) => path.timeAt(level));
  if (times) return close(checkTimes(path, times), finish);
  const steps = options.steps ?? (discrete ? Math.min(50, T) : 50);
  if (!Number.isInteger(steps) || steps < 1 || (discrete && steps > T)) {
    throw new RangeError(`steps must be a whole number from 1 to ${discrete ? T : "∞"}, got ${steps}`);
  }
  return close(
    Array.from({ length: steps }, (_, i) => spacedTime(i, steps, spacing, path)),
    finish,
  );
}

function close(times: readonly number[], finish: "data" | "last"): number[] {
  if (finish === "data") return [...times, 0];
  if (times.length < 2) throw new RangeError("finishing at the last time needs at least two times");
  return [...times];
}

function spacedTime(i: number, steps: number, spacing: Spacing, { T, discrete }: GaussianPath): number {
  const first = discrete ? 1 : T / steps;
  switch (spacing) {
    case "leading":
      return discrete ? 1 + (steps - 1 - i) * Math.floor(T / steps) : T - (i * T) / steps;
    case "trailing":
      return discrete ? Math.round(T - (i * T) / steps) : T - (i * T) / steps;
    case "linspace": {
      const t = steps === 1 ? T : T - (i * (T - first)) / (steps - 1);
      return discrete ? Math.round(t) : t;
    }
  }
}

function checkTimes(path: GaussianPath, times: readonly number[]): readonly number[] {
  if (times.length === 0) throw new RangeError("times is empty: give at least one time");
  times.forEach((t, i) => {
    if (!(t > 0 && t <= path.T) || (i > 0 && !(t < times[i - 1]))) {
      throw new RangeError(
        `times must fall strictly within (0, ${path.T}], but entry ${i} is ${t}${i ? ` after ${times[i - 1]}` : ""}`,
      );
    }
  });
  return times;
}

/**
 * Throws a RangeError where no signal is left at the first time: methods that divide by a(t) cannot start there.
 */
export function requireSignal(path: GaussianPath, times: readonly number[]): void {
  if (path.signal(times[0]) > 0) return;
  throw new RangeError(
    `"${path.name}" has no signal at t = ${times[0]}: σ is infinite there; use ddim or DPM-Solver++, or start below it`,
  );
}

/** T, or where the signal has vanished there the last time with σ ≤ 1000. */
export function highestTime(path: GaussianPath): number {
  return path.signal(path.T) > 0 ? path.T : path.timeAt(1000);
}
