/** Looks up a(t), b(t) and what follows from them, example by example, and checks times and shapes. */
import { requireWhole, requireNumbers } from "../base/values.js";
import * as tf from "../runtime/tf.js";
import type { GaussianPath } from "./paths/path.js";
import { requireTime, timesOfBatch, type Timestep } from "./paths/time.js";

/**
 * The numbers a training step needs of a schedule, one per example, looked up in float64.
 * They are plain arrays so that a compiled step can take them as inputs.
 */
export interface Coefficients {
  /** t, for the network's time embedding (through `networkTime`). */
  readonly time: Float32Array;
  /** a(t), factor of the data in x_t (√ᾱ_t). */
  readonly signal: Float32Array;
  /** b(t), factor of the noise in x_t (√(1 − ᾱ_t)). */
  readonly noise: Float32Array;
}

/** Looks up x_t = signal·x_0 + noise·ε for a batch of `count` examples. @throws RangeError for t outside 0 … T. */
export function coefficients(path: GaussianPath, t: Timestep, count: number): Coefficients {
  const times = timesOfBatch(t, count);
  times.forEach((time) => requireTime(path, time));
  return {
    time: Float32Array.from(times),
    signal: Float32Array.from(times, (time) => path.signal(time)),
    noise: Float32Array.from(times, (time) => path.noise(time)),
  };
}

/** Per-example values as a tensor [N, 1, …, 1] that broadcasts over examples of the given rank. */
export function perExample(values: Float32Array, rank: number): tf.Tensor {
  requireNumbers("values", values);
  requireWhole("rank", rank);
  return tf.tensor(Float32Array.from(values), [values.length, ...new Array<number>(rank - 1).fill(1)], "float32");
}

/** Throws a RangeError unless every time of a batch of `count` examples lies in 0 … T. */
export function requireTimes(path: GaussianPath, t: Timestep, count: number): void {
  timesOfBatch(t, count).forEach((time) => requireTime(path, time));
}

/** f(t) as a tensor that broadcasts over `like`: a scalar for one time, [N, 1, …, 1] for one per example. */
export function lookUp(path: GaussianPath, t: Timestep, like: tf.Tensor, f: (t: number) => number): tf.Tensor {
  if (typeof t === "number") {
    requireTime(path, t);
    return tf.scalar(f(t));
  }
  const times = timesOfBatch(t, like.shape[0]);
  times.forEach((time) => requireTime(path, time));
  return perExample(Float32Array.from(times, f), like.rank);
}
