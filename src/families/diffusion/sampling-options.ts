/** What a model's folder says of sampling, as the options that samplers take. */
import { clipDynamic, clipStatic, type GaussianPath, type SamplingDefaults } from "../../diffusion/index.js";
import { exponentialLevels, karrasLevels, timeGrid, type SamplerOptions } from "../../samplers/index.js";

/** Bounds of x̂_0, on any grid. */
export function clipOptions({
  clipping,
  clipKeepsNoise,
}: SamplingDefaults): Pick<SamplerOptions, "clip" | "clipKeepsNoise"> {
  if (clipping === null) return {};
  const clip =
    clipping.kind === "static"
      ? clipStatic(clipping.limit)
      : clipDynamic({ percentile: clipping.percentile, maximum: clipping.maximum });
  return clipKeepsNoise ? { clip, clipKeepsNoise } : { clip };
}

/**
 * The times of so many steps.
 *
 * @throws RangeError if the grid has no so many steps on the path
 */
export function gridOptions(
  { grid }: SamplingDefaults,
  path: GaussianPath,
  steps: number,
): Pick<SamplerOptions, "steps" | "spacing" | "times" | "levels" | "finish"> {
  switch (grid?.kind) {
    case undefined:
      return { steps };
    case "spaced": {
      const { spacing, stepsOffset, toFirstLevel } = grid;
      if (stepsOffset === 0 && !toFirstLevel) return { steps, spacing };
      const times = timeGrid(path, { steps, spacing }).slice(0, -1);
      const later = times.map((t) => t + stepsOffset);
      if (later[0] > path.T) {
        throw new RangeError(
          `${steps} steps with steps_offset ${stepsOffset} start at t = ${later[0]}, after T = ${path.T}: use fewer steps`,
        );
      }
      if (!toFirstLevel) return { times: later };
      // A step from t = 1 to t = 1 changes nothing.
      return { times: later.at(-1) === 1 ? later : [...later, 1], finish: "last" };
    }
    case "flow":
      return { times: flowTimes(steps, grid.shift) };
    case "levels": {
      const range = { min: grid.sigmaMin, max: path.noise(path.T) / path.signal(path.T) };
      if (steps === 1) return { levels: [range.max] };
      return {
        levels: grid.rule === "karras" ? karrasLevels(steps, range, grid.rho) : exponentialLevels(steps, range),
      };
    }
    default:
      return grid satisfies never;
  }
}

/** The last trained time of flow matching in diffusers, which tells its networks 1000·t. */
const LAST = 1 / 1000;

/** Even times from 1 to the last trained one, each bent; that one is bent before it is spread, too, as in diffusers. */
function flowTimes(steps: number, shift: number): number[] {
  const bent = (t: number): number => (shift * t) / (1 + (shift - 1) * t);
  const last = bent(LAST);
  return Array.from({ length: steps }, (_, i) => bent(steps === 1 ? 1 : 1 + (i / (steps - 1)) * (last - 1)));
}
