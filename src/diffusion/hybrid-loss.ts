/** The loss of a network that learns the variance of a step besides its mean. */
import { requireFits, requireTensor } from "../runtime/tensor.js";
import { requireKnownKeys } from "../base/check.js";
import type { DiscretizedOptions } from "../numeric/gaussian.js";
import { stopGradient } from "../nn/stop-gradient.js";
import * as tf from "../runtime/tf.js";
import { lookUp } from "./coefficients.js";
import { squaredErrorPerExample } from "./objectives.js";
import { conversionRow, type ConversionRow, type Prediction } from "./predictions.js";
import type { Schedule } from "./paths/schedule.js";
import { requireDetermined } from "./paths/terminal-snr.js";
import type { Timestep } from "./paths/time.js";
import { boundTensors, boundTermFrom, posteriorMean, type BoundNumbers } from "./variational-bound.js";

/** How x̂_0 follows from x_t and the output, as numbers or tensors [N, 1, …, 1]; see {@link conversionRow}. */
export type EstimateNumbers<Value> = Readonly<Record<keyof ConversionRow, Value>>;

/** x̂_0 = state·x_t + output·o at time t. */
export function estimateNumbers(schedule: Schedule, prediction: Prediction, t: number): EstimateNumbers<number> {
  requireDetermined(schedule, prediction);
  return conversionRow(prediction, "sample", schedule.signal(t), schedule.noise(t));
}

/** A network with learned variance on one batch. */
export interface LearnedVarianceStep {
  readonly x0: tf.Tensor;
  readonly xt: tf.Tensor;
  /** The network's prediction. */
  readonly output: tf.Tensor;
  /** v in 0 … 1, see `splitLearnedVariance`. */
  readonly fraction: tf.Tensor;
}

/**
 * The bound's term of a network with learned variance per example, in bits per dimension, in tensors only:
 * p(x_{t−1} | x_t) has the posterior's mean for x̂_0 and ln σ² = v·ln β_t + (1 − v)·ln β̃_t.
 *
 * Source: Nichol & Dhariwal 2021 (improved DDPM), equation 15.
 * @returns [N]
 */
export function learnedVarianceTerm(
  numbers: BoundNumbers<tf.Tensor> & { readonly estimate: EstimateNumbers<tf.Tensor> },
  { x0, xt, output, fraction }: LearnedVarianceStep,
  options: DiscretizedOptions = {},
): tf.Tensor1D {
  return tf.tidy(() => {
    const { estimate, low, span } = numbers;
    const estimated = tf.add(tf.mul(estimate.state, xt), tf.mul(estimate.output, output));
    const mean = posteriorMean(numbers, estimated, xt);
    // ln σ² = v·ln β_t + (1 − v)·ln β̃_t
    const logVariance = tf.add(low, tf.mul(span, fraction));
    return boundTermFrom(numbers, x0, xt, { mean, logVariance }, options);
  });
}

export interface HybridOptions extends DiscretizedOptions {
  /** λ. Default 0.001. */
  readonly boundWeight?: number;
}

/**
 * L_hybrid = L_simple + λ·T·L_vlb for networks with learned variance: the bound's gradient reaches the variance only,
 * the mean being stopped. The factor T makes a term at random t an estimate of the whole bound.
 *
 * Source: Nichol & Dhariwal 2021 (improved DDPM), equation 16.
 * @param step `target` is what the prediction should be (see `trainingTarget`)
 * @returns a scalar
 */
export function hybridLoss(
  schedule: Schedule,
  prediction: Prediction,
  step: LearnedVarianceStep & { readonly t: Timestep; readonly target: tf.Tensor },
  options: HybridOptions = {},
): tf.Scalar {
  for (const name of ["xt", "x0", "output", "fraction", "target"] as const) {
    requireTensor(`${name} of the step`, (step as typeof step | undefined | null)?.[name]);
    requireFits(`${name} of the step`, step[name], "xt", step.xt);
  }
  requireKnownKeys("hybridLoss", options, { boundWeight: "a number", levels: "a number" });
  return tf.tidy(() => {
    const { t, xt } = step;
    const column = (name: keyof ConversionRow): tf.Tensor => {
      return lookUp(schedule, t, xt, (time) => estimateNumbers(schedule, prediction, time)[name]);
    };
    const estimate = { state: column("state"), output: column("output") };
    const numbers = { ...boundTensors(schedule, t, xt), estimate };
    return tf.mean(hybridFrom(numbers, step, { ...options, T: schedule.T })) as tf.Scalar;
  });
}

/** {@link hybridLoss} per example in tensors only: the part a compiled step records. @returns [N] */
export function hybridFrom(
  numbers: BoundNumbers<tf.Tensor> & { readonly estimate: EstimateNumbers<tf.Tensor> },
  step: LearnedVarianceStep & { readonly target: tf.Tensor },
  options: HybridOptions & { readonly T: number },
): tf.Tensor1D {
  const { boundWeight = 1e-3, T } = options;
  return tf.tidy(() => {
    const stopped = { ...step, output: stopGradient(step.output) };
    const bound = learnedVarianceTerm(numbers, stopped, options);
    return tf.add(squaredErrorPerExample(step.output, step.target), tf.mul(bound, boundWeight * T)) as tf.Tensor1D;
  });
}
