/** Does a model repeat its training data? */
import type { FeatureSet } from "./features.js";
import { nearestDistances } from "./neighbours.js";

/** How near samples come to the training data, against how near new data comes. */
export interface Memorising {
  /** Median distance of a generated example to the nearest training example. */
  readonly generated: number;
  /** The same of held-out data. */
  readonly heldOut: number;
  /** generated / heldOut: about 1 for new examples of the same kind, towards 0 for copies, above 1 for what is unlike. */
  readonly ratio: number;
  /** The share of generated examples nearer than 1 % of the held-out ones are: about 0.01 without copying. */
  readonly tooNear: number;
}

/** The value below which a share q of sorted values lies, linear between them. */
function quantile(sorted: Float64Array, q: number): number {
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

/**
 * Distances to the nearest training example, of generated and of held-out examples. Blurred images are nearer to
 * everything, so read it beside a measure of blur.
 *
 * @param training what the model was trained on, all of it
 * @throws RangeError when the dimensions differ, a side is empty, or held-out examples are all copies of training ones
 */
export function memorising(generated: FeatureSet, training: FeatureSet, heldOut: FeatureSet): Memorising {
  const near = nearestDistances(generated, training).sort();
  const usual = nearestDistances(heldOut, training).sort();
  const reference = quantile(usual, 0.5);
  if (reference === 0) {
    throw new RangeError("held-out examples stand in the training data, too: they cannot tell what is new");
  }
  const limit = quantile(usual, 0.01);
  const median = quantile(near, 0.5);
  return {
    generated: median,
    heldOut: reference,
    ratio: median / reference,
    tooNear: near.filter((distance) => distance < limit).length / near.length,
  };
}
