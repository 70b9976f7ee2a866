/** The grid of methods that average slopes at both ends of a step: its first step is kept short. */
import { warn } from "../../runtime/warning.js";
import { noiseLevel, type GaussianPath } from "../../diffusion/paths/path.js";
import type { SamplerOptions } from "./sampler.js";
import { evenTimes, timeGrid } from "./time-grid.js";

/**
 * The most by which σ may fall in the first step, where it may fall from 10 in any case. Heun's step from σ to σ' = σ/r errs
 * by r·(s/σ')²/2 of the state, s the data's deviation; PNDM's by more. The cosine schedule ends at σ = 20 000, and of 50
 * trailing steps the second time has 32.
 */
const MOST_FALL = 10;

/**
 * The options of such a method: where neither a spacing nor a grid was asked for, and T lies too far above the second time,
 * the steps are even from the last time that does not. An asked-for grid is kept, and warned of once.
 */
export function shortFirstStep<Options extends SamplerOptions>(
  name: string,
  path: GaussianPath,
  options: Options,
): Options {
  const { times, levels, spacing, finish } = options;
  const usual = timeGrid(path, options);
  const [first, second] = usual;
  const highest = MOST_FALL * Math.max(1, noiseLevel(path, second));
  const level = noiseLevel(path, first);
  const steps = finish === "last" ? usual.length : usual.length - 1;
  if (!(level > highest && level < Infinity) || steps === 1) return options;
  const start = path.discrete ? Math.floor(path.timeAt(highest)) : path.timeAt(highest);
  if (times || levels || spacing || (path.discrete && start < steps)) {
    warnOfLongStep(name, path, usual);
    return options;
  }
  return { ...options, steps: undefined, times: evenTimes(path, start, steps) };
}

const warnedOf = new Set<string>();

function warnOfLongStep(name: string, path: GaussianPath, [first, second]: readonly number[]): void {
  const [from, to] = [noiseLevel(path, first), noiseLevel(path, second)].map((level) => level.toPrecision(3));
  const warning =
    `${name}: the first step on "${path.name}" leads from σ = ${from} to ${to}, too far for it to be exact (limit: to a ` +
    `tenth, or from 10): leave out the spacing or the times, take more steps, or use ddim or DPM-Solver++.`;
  if (warnedOf.has(warning)) return;
  warnedOf.add(warning);
  warn(warning, "LONG_FIRST_STEP");
}
