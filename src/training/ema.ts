/** The moving average of parameters. */
import { requireKind } from "../base/kinds.js";
import { requireFits, requireSameShape } from "../runtime/tensor.js";
import * as tf from "../runtime/tf.js";

/**
 * The decay of an average of parameters at update n, counted from 1: d_n = min(decay, (1 + n)/(10 + n)). Early on the
 * average forgets the random start quickly.
 *
 * @throws RangeError if decay is outside [0, 1)
 */
export function averageDecayAt(decay: number, step: number): number {
  requireKind("step", step, "a number");
  requireKind("decay", decay, "a number");
  if (!(decay >= 0 && decay < 1)) throw new RangeError(`the decay of an average must lie in [0, 1), got ${decay}`);
  return Math.min(decay, (1 + step) / (10 + step));
}

/** ā ← d·ā + (1 − d)·θ, written as θ + d·(ā − θ). */
export function movingAverage(average: tf.Tensor, values: tf.Tensor, decay: tf.Tensor): tf.Tensor {
  requireSameShape("average", average, "values", values);
  requireFits("decay", decay, "values", values);
  return tf.tidy(() => tf.add(values, tf.mul(tf.sub(average, values), decay)));
}
