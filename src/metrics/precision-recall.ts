/** Precision and recall of a generator: is what it draws real, and does it draw all there is? */
import { requireKnownKeys } from "../base/check.js";
import { type FeatureSet, requireComparable } from "./features.js";
import { neighbourRadii } from "./neighbours.js";

export interface PrecisionRecallOptions {
  /** Which neighbour's distance is the radius of a ball, 1 … N − 1. Default 3. */
  neighbours?: number;
}

/** Shares in 0 … 1. Two samples of one distribution reach about the same in all four, below 1: their floor. */
export interface PrecisionRecall {
  /** Of what was generated: lies where the data lies. Low means samples that are no data. */
  readonly precision: number;
  /** Of the data: lies where the generator draws. Low means modes that are missed. */
  readonly recall: number;
}

/** The share of `points` that lie in some ball (centre, radius). */
function shareInside(points: FeatureSet, centres: FeatureSet, radii: Float64Array): number {
  const d = points.dimension;
  let inside = 0;
  for (let i = 0; i < points.count; i++) {
    for (let j = 0; j < centres.count; j++) {
      const limit = radii[j] * radii[j];
      let squared = 0;
      for (let k = 0; k < d && squared <= limit; k++) {
        squared += (points.values[i * d + k] - centres.values[j * d + k]) ** 2;
      }
      if (squared <= limit) {
        inside++;
        break;
      }
    }
  }
  return inside / points.count;
}

/**
 * Improved precision and recall. Each set spans the union of balls around its vectors, whose radius is the distance to
 * the k-th nearest other vector of the set; precision is the share of generated vectors inside the real union, recall the
 * share of real vectors inside the generated one.
 *
 * Give equal numbers on both sides: balls shrink as a set grows.
 *
 * @throws RangeError when the dimensions differ, or `neighbours` is not below the number of vectors on either side
 * @see Kynkäänniemi et al., "Improved precision and recall metric for assessing generative models", 2019, equations 1–2
 */
export function precisionRecall(
  real: FeatureSet,
  generated: FeatureSet,
  options: PrecisionRecallOptions = {},
): PrecisionRecall {
  requireKnownKeys("precisionRecall", options, { neighbours: true });
  const { neighbours = 3 } = options;
  requireComparable(real, generated, 2);
  return {
    precision: shareInside(generated, real, neighbourRadii(real, neighbours)),
    recall: shareInside(real, generated, neighbourRadii(generated, neighbours)),
  };
}
