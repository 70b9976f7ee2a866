/** What a distance says of two samples of the same data. */
import { requireFunction } from "../base/values.js";
import { requireStream } from "../random/stream.js";
import { requireKnownKeys } from "../base/check.js";
import type { RandomStream } from "../random/index.js";
import { type FeatureSet, selectFeatures, requireFeatures } from "./features.js";

export interface FloorOptions {
  /** Examples on each side, at least 2 and at most half of all. Default: half. */
  size?: number;
  /** How many random splits. Default 5. */
  repeats?: number;
}

/** What a distance says of two samples of one distribution. */
export interface Floor {
  readonly mean: number;
  /** Standard deviation over the splits; 0 for a single one. */
  readonly std: number;
  readonly values: Float64Array;
  /** Examples on each side. */
  readonly size: number;
}

/**
 * The floor of a distance: its value between two disjoint random parts of the real data. No generator can
 * be asked to do better at that sample size, and no figure means much without it.
 *
 * ```ts
 * const floor = realVersusReal(real, frechetFeatureDistance, new RandomStream(1), { size: 500 });
 * ```
 *
 * @param stream chooses the splits
 * @throws RangeError when there are too few examples or an option is out of range
 */
export function realVersusReal(
  real: FeatureSet,
  distance: (a: FeatureSet, b: FeatureSet) => number,
  stream: RandomStream,
  options: FloorOptions = {},
): Floor {
  requireFeatures(real);
  requireFunction("distance", distance, "frechetFeatureDistance");
  requireStream(stream);
  requireKnownKeys("realVersusReal", options, { size: true, repeats: true });
  const { size = Math.floor(real.count / 2), repeats = 5 } = options;
  if (!Number.isSafeInteger(size) || size < 2 || 2 * size > real.count) {
    throw new RangeError(`size must be a whole number from 2 to half of the ${real.count} real examples, got ${size}`);
  }
  if (!Number.isSafeInteger(repeats) || repeats < 1) {
    throw new RangeError(`repeats must be a whole number of at least 1, got ${repeats}`);
  }
  const values = Float64Array.from({ length: repeats }, () => {
    const order = stream.permutation(real.count);
    return distance(
      selectFeatures(real, order.subarray(0, size)),
      selectFeatures(real, order.subarray(size, 2 * size)),
    );
  });
  const mean = values.reduce((sum, value) => sum + value, 0) / repeats;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, std: repeats > 1 ? Math.sqrt(squares / (repeats - 1)) : 0, values, size };
}
