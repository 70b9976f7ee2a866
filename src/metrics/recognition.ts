/** What share of samples a classifier recognises, and as what. */
import { requireKind } from "../base/kinds.js";
import { requireFeatures } from "./features.js";
import type { FeatureSet } from "./features.js";
import { type Spread, histogramSpread } from "./histogram.js";

/** What a classifier makes of samples. */
export interface Recognition extends Spread {
  readonly count: number;
  /** The share of samples whose likeliest class has a probability above the threshold. */
  readonly share: number;
  readonly threshold: number;
  /** The mean probability of the likeliest class. */
  readonly confidence: number;
  /** How many samples fall to each class, by the likeliest. Entropy and KL are of this. */
  readonly histogram: Int32Array;
  /** The likeliest class of each sample. */
  readonly classes: Int32Array;
  /** The histogram of the recognised samples only. */
  readonly recognised: Int32Array;
}

/**
 * Judges samples by a classifier's probabilities: how many it recognises, and whether all classes appear.
 * State the same figures for as many real examples beside it.
 *
 * @param probabilities N×K, each row a distribution over the K classes (`featuresOf(softmax)`)
 * @param threshold above which a sample counts as recognised, in [0, 1). Default 0.9
 * @throws RangeError when there is no sample, a row is no distribution (to 1e-3), or the threshold is out
 *   of range
 */
export function recognise(probabilities: FeatureSet, threshold = 0.9): Recognition {
  requireKind("threshold", threshold, "a number");
  requireFeatures(probabilities);
  const { values, dimension: width, count } = probabilities;
  if (!(threshold >= 0 && threshold < 1)) throw new RangeError(`threshold must be in [0, 1), got ${threshold}`);
  if (count === 0) throw new RangeError("there are no samples to recognise");
  const histogram = new Int32Array(width);
  const recognised = new Int32Array(width);
  const classes = new Int32Array(count);
  let confidence = 0;
  for (let row = 0; row < count; row++) {
    let best = 0;
    let sum = 0;
    for (let k = 0; k < width; k++) {
      const p = values[row * width + k];
      if (!(p >= -1e-6 && p <= 1 + 1e-3))
        throw new RangeError(`row ${row} holds ${p}, which is no probability: pass softmax outputs`);
      sum += p;
      if (p > values[row * width + best]) best = k;
    }
    if (Math.abs(sum - 1) > 1e-3)
      throw new RangeError(`row ${row} sums to ${sum}, not 1: pass softmax outputs, not logits`);
    const top = values[row * width + best];
    confidence += top / count;
    classes[row] = best;
    histogram[best] += 1;
    if (top > threshold) recognised[best] += 1;
  }
  const share = recognised.reduce((sum, n) => sum + n, 0) / count;
  return { count, share, threshold, confidence, histogram, classes, recognised, ...histogramSpread(histogram) };
}
