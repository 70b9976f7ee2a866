/** The times that a sampler visits. */
import { warn } from "../../runtime/warning.js";
import { requireChoice } from "../../base/values.js";
import { noiseLevel, type GaussianPath } from "../../diffusion/paths/path.js";
import { TERMINAL_SNR_LIMIT } from "../../diffusion/paths/terminal-snr.js";
import { karrasLevels, noiseLevelRange } from "./noise-levels.js";
import { varianceExplodes } from "./time-range.js";

/**
 * How n sampling steps are spread over the training times 1 … T (names as in diffusers; Lin et al. 2024, table 2):
 * - `"leading"`: 1 + i·⌊T/n⌋, so T itself may be left out
 * - `"trailing"`: T − i·T/n rounded (a half to the even number): always starts at T
 * - `"linspace"`: from T to 1 with both ends
 * - `"karras"`: not in t but in σ, the levels of {@link karrasLevels} with ρ = 7, between the trained times too
 */
export type Spacing = "leading" | "trailing" | "linspace" | "karras";

export interface TimeGridOptions {
  readonly steps?: number;
  readonly spacing?: Spacing;
  readonly times?: readonly number[];
  readonly levels?: readonly number[];
  readonly finish?: "data" | "last";
}

/**
 * The decreasing times t_1 > t_2 > … > t_n a sampler visits, with the closing 0 (unless it finishes at the last one).
 * On a continuous path the times are not rounded. Steps are spread `"trailing"` unless told otherwise, and `"karras"`
 * where the variance explodes, whose σ grows to 50 or 80 while data has 1: even in t, nearly all steps would see noise.
 *
 * Warns once for each grid that `spacing: "leading"` starts at SNR above 1e-2: a sampler
 * takes x_T for pure noise there.
 *
 * @throws RangeError for n outside 1 … T on a discrete schedule, `times` or `levels` that do not fall strictly within
 * the path's range, or options that say the same thing twice
 */
export function timeGrid(path: GaussianPath, options: TimeGridOptions = {}): number[] {
  const times = gridTimes(path, options);
  if (options.spacing === "leading") warnOfLateStart(path, times);
  return times;
}

/** {@link timeGrid} for those that do not start from noise: no warning. */
export function gridTimes(path: GaussianPath, options: TimeGridOptions = {}): number[] {
  const { T, discrete } = path;
  const { spacing = varianceExplodes(path) ? "karras" : "trailing", levels, finish = "data" } = options;
  requireChoice("finish", finish, ["data", "last"]);
  requireChoice("spacing", spacing, ["leading", "trailing", "linspace", "karras"]);
  requireSaidOnce(options);
  const times = options.times ?? levels?.map((level) => path.timeAt(level));
  if (times) return close(requireTimes(path, times), finish);
  const steps = options.steps ?? (discrete ? Math.min(50, T) : 50);
  if (!Number.isInteger(steps) || steps < 1 || (discrete && steps > T)) {
    throw new RangeError(`steps must be a whole number from 1 to ${discrete ? T : "∞"}, got ${steps}`);
  }
  return close(spacedTimes(path, steps, spacing), finish);
}

function requireSaidOnce({ times, levels, steps, spacing }: TimeGridOptions): void {
  const [grid, ...also] = Object.entries({ times, levels, steps, spacing }).filter(([, value]) => value !== undefined);
  if (!grid || grid[0] === "steps" || also.length === 0) return;
  throw new RangeError(
    `${grid[0]} are the whole grid, but ${also.map(([name]) => name).join(" and ")} came with them: give one or the other`,
  );
}

function close(times: readonly number[], finish: "data" | "last"): number[] {
  if (finish === "data") return [...times, 0];
  if (times.length < 2) throw new RangeError("finishing at the last time needs at least two times");
  return [...times];
}

function spacedTimes(path: GaussianPath, steps: number, spacing: Spacing): number[] {
  if (spacing !== "karras") {
    return Array.from({ length: steps }, (_, i) => spacedTime(i, steps, spacing, path));
  }
  if (steps === 1) return [path.T];
  return karrasLevels(steps, noiseLevelRange(path)).map((level) => path.timeAt(level));
}

function spacedTime(
  i: number,
  steps: number,
  spacing: Exclude<Spacing, "karras">,
  { T, discrete }: GaussianPath,
): number {
  const first = discrete ? 1 : T / steps;
  switch (spacing) {
    case "leading":
      return discrete ? 1 + (steps - 1 - i) * Math.floor(T / steps) : T - (i * T) / steps;
    case "trailing":
      return discrete ? rounded(T - (i * T) / steps) : T - (i * T) / steps;
    case "linspace": {
      const t = steps === 1 ? T : T - (i * (T - first)) / (steps - 1);
      // Upstream rounds t − 1.
      return discrete ? 1 + rounded(t - 1) : t;
    }
  }
}

/** To the nearest whole number, a half to the even one of its two: as numpy rounds, and so diffusers. */
function rounded(value: number): number {
  const nearest = Math.round(value);
  return nearest - value === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}

function requireTimes(path: GaussianPath, times: readonly number[]): readonly number[] {
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

const warnedOf = new Set<string>();

function warnOfLateStart(path: GaussianPath, times: readonly number[]): void {
  const [first] = times;
  const steps = times.filter((t) => t > 0).length;
  const snr = noiseLevel(path, first) ** -2;
  // A path that ends with signal has said so itself.
  if (first === path.T || !(snr > TERMINAL_SNR_LIMIT)) return;
  const warning =
    `spacing "leading" with ${steps} steps starts "${path.name}" at t = ${first} of ${path.T}, where the SNR is ` +
    `${snr.toPrecision(3)} (limit ${TERMINAL_SNR_LIMIT}): x_t still shows the data there, but sampling starts from pure ` +
    `noise. Use spacing "trailing".`;
  if (warnedOf.has(warning)) return;
  warnedOf.add(warning);
  warn(warning, "LATE_START");
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
