/** The times that a sampler visits. */
import { requireNoSlip, type OptionRule } from "../../base/check.js";
import { warn } from "../../runtime/warning.js";
import { requireChoice } from "../../base/values.js";
import { noiseLevel, requireGaussianPath, type GaussianPath } from "../../diffusion/paths/path.js";
import { TERMINAL_SNR_LIMIT } from "../../diffusion/paths/terminal-snr.js";
import { karrasLevels, noiseLevelRange } from "./noise-levels.js";
import { skipsLowLevels } from "./time-range.js";

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

const GRID: { readonly [Name in keyof TimeGridOptions]-?: OptionRule } = {
  steps: "a number",
  spacing: true,
  times: true,
  levels: true,
  finish: ["data", "last"],
};

/**
 * The decreasing times t_1 > t_2 > … > t_n a sampler visits, with the closing 0 (unless it finishes at the last one).
 * On a continuous path the times are not rounded. Steps are spread `"trailing"` unless told otherwise, and `"karras"`
 * where the variance explodes, whose σ grows to 50 or 80 while data has 1: even in t, nearly all steps would see noise. So
 * they are, too, where even 50 trailing steps would end by a leap over the low levels (the Laplace schedule).
 *
 * A time at the level of the one before it (β = 0 between them) is left out: a step there changes nothing, and methods that
 * remember earlier steps would divide by its length.
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
  requireNoSlip("a sampler's grid", options, GRID);
  requireGaussianPath(path);
  return distinctLevels(path, askedTimes(path, options));
}

function askedTimes(path: GaussianPath, options: TimeGridOptions): number[] {
  const { T, discrete } = path;
  const { spacing = skipsLowLevels(path) ? "karras" : "trailing", levels, finish = "data" } = options;
  requireChoice("finish", finish, ["data", "last"]);
  requireChoice("spacing", spacing, ["leading", "trailing", "linspace", "karras"]);
  requireSaidOnce(options);
  if (options.times) return close(requireFalling("times", options.times, path.T), finish);
  if (levels) {
    requireFalling("levels", levels, noiseLevel(path, path.T));
    return close(
      requireFalling(
        "times",
        levels.map((level) => path.timeAt(level)),
        path.T,
      ),
      finish,
    );
  }
  const steps = options.steps ?? (discrete ? Math.min(50, T) : 50);
  if (!Number.isInteger(steps) || steps < 1 || (discrete && steps > T)) {
    throw new RangeError(`steps must be a whole number from 1 to ${discrete ? T : "∞"}, got ${steps}`);
  }
  return close(spacedTimes(path, steps, spacing), finish);
}

/** Levels nearer to each other than this share of them are one: float32 does not tell their states apart. */
const SAME_LEVEL = 1e-7;

/** The first and the last time, and between them those with a level of their own. */
function distinctLevels(path: GaussianPath, times: readonly number[]): number[] {
  const last = noiseLevel(path, times[times.length - 1]);
  let before = noiseLevel(path, times[0]);
  // A first time that rounding puts past the end of the signal has a level below zero, and is still another one.
  const differ = (one: number, other: number): boolean => Math.abs(one - other) > SAME_LEVEL * Math.abs(other);
  return times.filter((t, i) => {
    if (i === 0 || i === times.length - 1) return true;
    const level = noiseLevel(path, t);
    const own = differ(before, level) && differ(level, last);
    if (own) before = level;
    return own;
  });
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
  const { min, max } = noiseLevelRange(path);
  if (max === Infinity) {
    throw new RangeError(
      `spacing "karras" needs a highest noise level, but σ is infinite at the end of "${path.name}": leave the spacing out, ` +
        `or give levels, for instance karrasLevels(${steps}, { min: ${min.toPrecision(2)}, max: 80 })`,
    );
  }
  if (steps === 1) return [path.T];
  return karrasLevels(steps, noiseLevelRange(path)).map((level) => path.timeAt(level));
}

/** n times even in t from `start` down, the whole ones where the path is discrete. */
export function evenTimes({ discrete }: GaussianPath, start: number, n: number): number[] {
  return Array.from({ length: n }, (_, i) => start - (i * start) / n).map((t) => (discrete ? rounded(t) : t));
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

/** A grid as the caller gave it; the closing 0 is added to it, and not given. */
function requireFalling(name: "times" | "levels", values: readonly number[], most: number): readonly number[] {
  if (values.length === 0) throw new RangeError(`${name} is empty: give at least one ${name.slice(0, -1)}`);
  values.forEach((value, i) => {
    // The highest level may miss σ(T) by a rounding error.
    if (!(value > 0 && value <= most * (1 + 1e-9)) || (i > 0 && !(value < values[i - 1]))) {
      const last =
        value === 0 && i === values.length - 1 ? ": leave out the closing 0, the step to the data is added" : "";
      throw new RangeError(
        `${name} must fall strictly within (0, ${most}], but entry ${i} is ${value}${i ? ` after ${values[i - 1]}` : ""}${last}`,
      );
    }
  });
  return values;
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
