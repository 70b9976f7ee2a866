/** What a network may predict, and how one prediction becomes another. */
import { requireSameShape } from "../runtime/tensor.js";
import * as tf from "../runtime/tf.js";
import { requireTimes, lookUp } from "./coefficients.js";
import type { GaussianPath } from "./paths/path.js";
import type { Timestep } from "./paths/time.js";

/**
 * What a network's output means, for x_t = a·x_0 + b·ε:
 * - `"noise"`: ε
 * - `"sample"`: x_0
 * - `"velocity"`: v = a·ε − b·x_0 (Salimans & Ho 2022, section 4)
 * - `"score"`: ∇ ln q(x_t) = −ε/b (Song et al. 2021)
 * - `"flow"`: u = ε − x_0, the velocity of the straight path from data to noise (Liu et al. 2023; Lipman et al. 2023)
 */
export type Prediction = "noise" | "sample" | "velocity" | "score" | "flow";

/** Every {@link Prediction} there is, in the order of the list above. */
export const predictions: readonly Prediction[] = Object.freeze([
  "noise",
  "sample",
  "velocity",
  "score",
  "flow",
] as const);

/** A prediction as a combination of what is unknown: output = data·x_0 + noise·ε. */
export interface PredictionRow {
  readonly data: number;
  readonly noise: number;
}

/** The row of a prediction where x_t = a·x_0 + b·ε. */
export function predictionRow(prediction: Prediction, a: number, b: number): PredictionRow {
  switch (prediction) {
    case "noise":
      return { data: 0, noise: 1 };
    case "sample":
      return { data: 1, noise: 0 };
    case "velocity":
      return { data: -b, noise: a };
    case "score":
      return { data: 0, noise: -1 / b };
    case "flow":
      return { data: -1, noise: 1 };
    default:
      throw new RangeError(`unknown prediction "${String(prediction)}": use one of ${predictions.join(", ")}`);
  }
}

/** A conversion as a combination of what is known: result = state·x_t + output·o. */
export interface ConversionRow {
  readonly state: number;
  readonly output: number;
}

/**
 * The closed form behind all conversions. With x_t = a·x_0 + b·ε, o = p·x_0 + q·ε and the wanted w = r·x_0 + s·ε,
 * Cramer's rule gives w = ((r·q − s·p)·x_t + (s·a − r·b)·o)/(a·q − b·p).
 *
 * @throws RangeError where the output does not determine the result: noise or score without signal (a = 0),
 * sample without noise (b = 0, unless the sample itself is wanted).
 */
export function conversionRow(from: Prediction, to: Prediction, a: number, b: number): ConversionRow {
  if (from === to) return { state: 0, output: 1 };
  const { data: p, noise: q } = predictionRow(from, a, b);
  const { data: r, noise: s } = predictionRow(to, a, b);
  const determinant = a * q - b * p;
  if (!(Number.isFinite(determinant) && determinant !== 0 && Number.isFinite(s))) {
    const why =
      a === 0 ? "no signal is left in x_t (zero terminal SNR): predict velocity or sample" : "x_t holds no noise";
    throw new RangeError(`a prediction of "${from}" does not determine "${to}" where a = ${a}, b = ${b}: ${why}`);
  }
  return { state: (r * q - s * p) / determinant, output: (s * a - r * b) / determinant };
}

/**
 * Turns a network's output into another prediction, by {@link conversionRow}. Whether the values are finite is for the
 * caller to check, as `estimate` does: samplers convert the same tensors several times.
 *
 * @param output [N, …]
 * @param xt same shape
 * @param t one time for the batch or one per example
 * @returns same shape
 * @throws RangeError for t outside 0 … T, unequal shapes, or where `output` does not determine the result
 */
export function convertPrediction(
  path: GaussianPath,
  from: Prediction,
  to: Prediction,
  output: tf.Tensor,
  xt: tf.Tensor,
  t: Timestep,
): tf.Tensor {
  requireSameShape("output", output, "xt", xt);
  if (from === to) {
    predictionRow(from, 1, 1);
    requireTimes(path, t, xt.shape[0]);
    return output.clone();
  }
  return tf.tidy(() => {
    const row = (time: number): ConversionRow => conversionRow(from, to, path.signal(time), path.noise(time));
    const state = lookUp(path, t, xt, (time) => row(time).state);
    const factor = lookUp(path, t, xt, (time) => row(time).output);
    return tf.add(tf.mul(state, xt), tf.mul(factor, output));
  });
}

/** {@link convertPrediction} to one prediction; takes path, what `output` is, `output` and `xt` [N, …], and the time. */
export type Conversion = (
  path: GaussianPath,
  prediction: Prediction,
  output: tf.Tensor,
  xt: tf.Tensor,
  t: Timestep,
) => tf.Tensor;

const conversionTo =
  (wanted: Prediction): Conversion =>
  (path, prediction, output, xt, t) =>
    convertPrediction(path, prediction, wanted, output, xt, t);

/** ε̂ from any prediction; see {@link conversionRow}. */
export const toNoise = conversionTo("noise");
/** x̂_0 from any prediction; see {@link conversionRow}. */
export const toSample = conversionTo("sample");
/** v̂ = a·ε̂ − b·x̂_0 from any prediction; see {@link conversionRow}. */
export const toVelocity = conversionTo("velocity");
/** ∇ ln q(x_t) ≈ −ε̂/b from any prediction; see {@link conversionRow}. */
export const toScore = conversionTo("score");
/** û = ε̂ − x̂_0 from any prediction; see {@link conversionRow}. */
export const toFlow = conversionTo("flow");
