/** What samplers ask: a denoiser made for its path, and the estimates x̂_0 and ε̂ from whatever it predicts. */
import { requireTensor } from "../runtime/tensor.js";
import { described, requireNoSlip, type OptionRule } from "../base/check.js";
import { allFinite, requireFinite } from "../runtime/finite.js";
import type { Condition } from "../nn/condition.js";
import * as tf from "../runtime/tf.js";
import { requireGaussianPath, samePath, type GaussianPath } from "./paths/path.js";
import { convertPrediction, type Prediction } from "./predictions.js";
import { requireThreshold, type Threshold } from "./thresholds.js";

/** A trained network, or a closed form, as samplers see it: made for one path, whose times it is asked at. */
export interface Denoiser {
  /** The path that x_t lies on; samplers refuse any other, see {@link requirePath}. */
  readonly path: GaussianPath;
  /** What the output means. */
  readonly predicts: Prediction;
  /**
   * @param xt [N, …]
   * @param t [N] float32, the theory's times 0 < t ≤ T, fractional between the discrete levels
   * @returns the prediction, same shape as xt
   */
  predict(xt: tf.Tensor, t: tf.Tensor1D, condition?: Condition): tf.Tensor;
}

/** Both halves of x_t as the denoiser sees them: x_t = a·x0 + b·noise. */
export interface Estimate {
  readonly x0: tf.Tensor;
  readonly noise: tf.Tensor;
}

export interface EstimateOptions {
  readonly condition?: Condition;
  /** Bounds x̂_0; ε̂ is then derived again so that x_t = a·x̂_0 + b·ε̂ still holds. */
  readonly clip?: Threshold;
  /**
   * Keeps ε̂ as it was before clipping, so that x_t = a·x̂_0 + b·ε̂ no longer holds: diffusers' DDIM does, unless told
   * `use_clipped_model_output`. Default false.
   */
  readonly clipKeepsNoise?: boolean;
}

const ESTIMATE: { readonly [Name in keyof EstimateOptions]-?: OptionRule } = {
  condition: "an object",
  clip: "a function",
  clipKeepsNoise: "true or false",
};

/**
 * x̂_0 and ε̂ at time t, whatever the network predicts.
 *
 * @throws RangeError when the denoiser was made for another path, or its output has another shape than x_t or does not
 *   determine x̂_0 (ε with zero terminal SNR)
 * @throws NotFiniteError when the output holds NaN or infinite values
 */
export function estimate(
  denoiser: Denoiser,
  path: GaussianPath,
  xt: tf.Tensor,
  t: number,
  options: EstimateOptions = {},
): Estimate {
  requireTensor("xt", xt);
  requireNoSlip("an estimate", options, ESTIMATE);
  const { condition } = options;
  requirePath(denoiser, path);
  return tf.tidy(() => {
    const output = denoiser.predict(xt, timesTensor(xt, t), condition);
    const { x0, noise } = estimateFrom(output, denoiser.predicts, path, xt, t, options);
    return { x0, noise };
  });
}

/** @throws TypeError for what is no denoiser, saying how a network becomes one */
export function requireDenoiser(value: unknown): asserts value is Denoiser {
  const { predict, predicts, path, apply } = (value ?? {}) as Partial<Denoiser> & { readonly apply?: unknown };
  if (typeof predict === "function" && typeof predicts === "string" && path !== undefined) return;
  const network = typeof apply === "function" ? ": a network becomes one by networkDenoiser(network, path)" : "";
  throw new TypeError(`a denoiser is needed, with path, predicts and predict, got ${described(value)}${network}`);
}

/**
 * Refuses a path that the denoiser was not made for: at another noise level than it believes in, it answers wrongly and
 * without complaint.
 *
 * @throws RangeError naming both paths
 */
export function requirePath(denoiser: Denoiser, path: GaussianPath): void {
  requireDenoiser(denoiser);
  const { path: own } = denoiser;
  if (own === path) return;
  requireGaussianPath(path);
  if (samePath(own, path)) return;
  throw new RangeError(
    `this denoiser was made for the path ${namedPath(own)}, not for ${namedPath(path)}: ` +
      "use its own path, or carry it over with denoiserOnPath(denoiser, path)",
  );
}

function namedPath({ name, T }: GaussianPath): string {
  return `"${name}" with T = ${T}`;
}

/** {@link estimate} from an output that is already there. */
export function estimateFrom(
  output: tf.Tensor,
  predicts: Prediction,
  path: GaussianPath,
  xt: tf.Tensor,
  t: number,
  { clip, clipKeepsNoise = false }: Pick<EstimateOptions, "clip" | "clipKeepsNoise"> = {},
): Estimate {
  requireOutput(output, predicts, xt, t);
  return tf.tidy(() => {
    const x0 = convertPrediction(path, predicts, "sample", output, xt, t);
    const noise = (): tf.Tensor => convertPrediction(path, predicts, "noise", output, xt, t);
    if (!clip) return { x0, noise: noise() };
    requireThreshold(clip);
    const clipped = clip(x0);
    if (clipKeepsNoise) return { x0: clipped, noise: noise() };
    // ε̂ = (x_t − a·x̂_0)/b
    return { x0: clipped, noise: convertPrediction(path, "sample", "noise", clipped, xt, t) };
  });
}

function requireOutput(output: tf.Tensor, predicts: Prediction, xt: tf.Tensor, t: number): void {
  if (allFinite(output)) return;
  requireFinite(`x_t at t = ${t}`, xt, "the step before it or its noise made them; clipping x0 or more steps may help");
  requireFinite(
    `the denoiser's output ("${predicts}") at t = ${t}`,
    output,
    "x_t is finite, so look at the weights, at the condition, and whether this t was trained",
  );
}

/** One time for a batch, as a denoiser takes it: [N] float32. */
export function timesTensor(xt: tf.Tensor, t: number): tf.Tensor1D {
  return tf.fill([xt.shape[0]], t, "float32") as tf.Tensor1D;
}

/** A denoiser whose network also says how much noise a step should have. */
export interface LearnedVarianceDenoiser extends Denoiser {
  /** `fraction` v in 0 … 1, same shape as xt: ln σ² = v·ln β_t + (1 − v)·ln β̃_t. */
  predictWithVariance(
    xt: tf.Tensor,
    t: tf.Tensor1D,
    condition?: Condition,
  ): { readonly output: tf.Tensor; readonly fraction: tf.Tensor };
}

/** Whether the denoiser says how much noise a step should have. */
export function learnsVariance(denoiser: Denoiser): denoiser is LearnedVarianceDenoiser {
  return typeof (denoiser as Partial<LearnedVarianceDenoiser>).predictWithVariance === "function";
}

/**
 * Splits the 2C channels of a network with learned variance: the first C are the prediction, the others, in −1 … 1 by
 * training, give the fraction v = (o + 1)/2.
 *
 * Source: Nichol & Dhariwal 2021 (improved DDPM), equation 15 and released code.
 */
export function splitLearnedVariance(output: tf.Tensor): {
  readonly output: tf.Tensor;
  readonly fraction: tf.Tensor;
} {
  requireTensor("output", output);
  const channels = output.shape[output.rank - 1];
  if (channels % 2 !== 0) throw new RangeError(`learned variance needs an even number of channels, got ${channels}`);
  return tf.tidy(() => {
    const [prediction, raw] = tf.split(output, 2, output.rank - 1);
    return { output: prediction, fraction: tf.mul(tf.add(raw, 1), 0.5) };
  });
}
