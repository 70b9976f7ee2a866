/** Which modes of a known mixture samples reach. */
import { requireNumbers, requireLike } from "../base/values.js";
import { requireFeatures } from "./features.js";
import { requireKnownKeys } from "../base/check.js";
import type { FeatureSet } from "./features.js";
import { histogramSpread } from "./histogram.js";

/** Where the modes are known to be: K means of dimension d, row by row, and one standard deviation. */
export interface ModeCentres {
  readonly means: ArrayLike<number>;
  readonly std: number;
}

export interface ModeCoverageOptions {
  /** A sample belongs to its nearest mode when within this many standard deviations. Default 3. */
  within?: number;
  /** A mode is covered when at least this many samples belong to it. Default 1. */
  atLeast?: number;
}

export interface ModeCoverage {
  readonly modes: number;
  /** How many modes are covered. */
  readonly covered: number;
  /** The share of samples that belong to a mode. */
  readonly share: number;
  /** How many samples belong to each mode. */
  readonly histogram: Int32Array;
  /** KL of the histogram from uniform, in nats; Infinity when no sample belongs to any mode. */
  readonly klFromUniform: number;
}

/**
 * How many of the known modes samples reach, and how evenly.
 *
 * In the plane a share 1 − exp(−within²/2) of true samples belongs to its mode: 0.989 at 3 standard
 * deviations.
 *
 * @throws RangeError when there is no sample, the means do not fit the dimension, or an option is out of
 *   range
 */
export function modeCoverage(
  samples: FeatureSet,
  centres: ModeCentres,
  options: ModeCoverageOptions = {},
): ModeCoverage {
  requireLike("modes", centres, ["means", "std"], "ringModes()");
  requireNumbers("means", centres.means);
  const { means, std } = centres;
  requireFeatures(samples);
  requireKnownKeys("modeCoverage", options, { within: true, atLeast: true });
  const { within = 3, atLeast = 1 } = options;
  const { values, dimension, count } = samples;
  if (count === 0) throw new RangeError("there are no samples to assign to modes");
  if (means.length === 0 || means.length % dimension !== 0) {
    throw new RangeError(`${means.length} numbers are no whole means of dimension ${dimension}`);
  }
  for (const [what, value] of Object.entries({ std, within, atLeast })) {
    if (!(value > 0) || !Number.isFinite(value))
      throw new RangeError(`${what} must be a finite number > 0, got ${value}`);
  }
  const modes = means.length / dimension;
  const histogram = new Int32Array(modes);
  const limit = (within * std) ** 2;
  for (let i = 0; i < count; i++) {
    let nearest = -1;
    let least = limit;
    for (let k = 0; k < modes; k++) {
      let squared = 0;
      for (let j = 0; j < dimension; j++) squared += (values[i * dimension + j] - means[k * dimension + j]) ** 2;
      if (squared <= least) {
        least = squared;
        nearest = k;
      }
    }
    if (nearest >= 0) histogram[nearest] += 1;
  }
  const belonging = histogram.reduce((sum, n) => sum + n, 0);
  const covered = histogram.reduce((sum, n) => sum + (n >= atLeast ? 1 : 0), 0);
  const klFromUniform = belonging === 0 ? Infinity : histogramSpread(histogram).klFromUniform;
  return { modes, covered, share: belonging / count, histogram, klFromUniform };
}
