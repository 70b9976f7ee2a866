/** Times as callers give them, checked; the only place where the theory's t meets a network's. */
import { requireTensor } from "../../runtime/tensor.js";
import { described } from "../../base/check.js";
import { requireNumbers, requireWhole, shownNumber } from "../../base/values.js";
import * as tf from "../../runtime/tf.js";

/** One time for the whole batch, or one per example. Times run t = 1 … T; t = 0 is clean data. */
export type Timestep = number | Int32Array | Float32Array | readonly number[];

/**
 * What a network is fed for the theory's t = 1 … T: t − 1 = 0 … T − 1, as DDPM's and diffusers' weights expect it.
 * Times below 1, which samplers between the discrete levels reach, are fed as 0.
 * This is the only place where the two countings meet.
 */
export function networkTime(t: number): number;
export function networkTime(t: tf.Tensor1D): tf.Tensor1D;
export function networkTime(t: number | tf.Tensor1D): number | tf.Tensor1D {
  if (typeof t !== "number") requireTensor("t", t, "numbers");
  if (typeof t === "number") return Math.max(t - 1, 0);
  return tf.tidy(() => tf.relu(tf.sub(tf.cast(t, "float32"), 1)) as tf.Tensor1D);
}

/** Throws a RangeError unless 0 ≤ t ≤ T. */
export function requireTime(range: { readonly name: string; readonly T: number }, t: number): void {
  if (typeof (range as typeof range | undefined | null)?.T !== "number") {
    throw new TypeError(`a path with the times 0 … T is needed, such as linearSchedule(), got ${described(range)}`);
  }
  if (!(typeof t === "number" && t >= 0 && t <= range.T)) {
    throw new RangeError(
      `t = ${shownNumber(t)} is outside 0 … ${range.T}, the times of "${range.name}"; t = 0 is clean data`,
    );
  }
}

/** The times of a batch of `count` examples as plain numbers: one number is repeated, a list must have `count` entries. */
export function timesOfBatch(t: Timestep, count: number): Float64Array {
  requireWhole("the number of examples", count);
  if (typeof t === "number") return new Float64Array(count).fill(t);
  requireNumbers("t", t);
  if (t.length !== count) {
    throw new RangeError(
      `got ${t.length} times for a batch of ${count}: give one time per example, or a single number`,
    );
  }
  return Float64Array.from(t);
}
