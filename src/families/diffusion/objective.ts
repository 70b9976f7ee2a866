/** The contract of a diffusion objective, and the simple one: a weighted squared error. */
import { requireKnownKeys } from "../../base/check.js";
import * as tf from "../../runtime/tf.js";
import {
  lossWeights,
  type GaussianPath,
  type Prediction,
  type Weighting,
  type WeightingOptions,
} from "../../diffusion/index.js";
import { squaredErrorPerExample, targetFrom } from "../../diffusion/objectives.js";

/** A noisy batch as an objective sees it, all in tensors. */
export interface NoisyBatch {
  readonly x0: tf.Tensor;
  readonly noise: tf.Tensor;
  /** x_t = signal·x_0 + sigma·ε */
  readonly xt: tf.Tensor;
  /** [N, 1, …, 1] */
  readonly signal: tf.Tensor;
  readonly sigma: tf.Tensor;
  /** What {@link Objective.numbers} gave, as [N, 1, …, 1]. */
  readonly numbers: Readonly<Record<string, tf.Tensor>>;
  /** The network on x (x_t, or a scaled one) at the batch's times, under its condition. */
  readonly network: (x: tf.Tensor) => tf.Tensor;
}

/**
 * What is minimised. An objective is pure: its numbers depend on path and times alone, and its loss on the batch and the
 * network, so that the step can be recorded as a graph.
 */
export interface Objective {
  /** Numbers of each example that the loss needs of the path, looked up in float64. */
  numbers(path: GaussianPath, times: Float32Array): Readonly<Record<string, Float32Array>>;
  /** The loss of each example, [N]. */
  loss(batch: NoisyBatch): tf.Tensor1D;
  /** What the network is told of time t, where that is not for its clock to say. */
  time?(path: GaussianPath, t: number): number;
}

export interface SimpleObjectiveOptions extends WeightingOptions {
  /** What the network learns to output, default "noise". */
  readonly prediction?: Prediction;
  /** How errors at different noise levels count, default "simple": equally. */
  readonly weighting?: Weighting;
}

/**
 * w_t·‖target − network(x_t, t)‖², the mean square error of any prediction: noise prediction, velocity, score matching
 * ("score"; with weighting "snr" it is that of ε), flow matching ("flow").
 *
 * Source: Ho et al. 2020 (DDPM), equation 14; for the weights see `lossWeights`.
 */
export function simpleObjective(options: SimpleObjectiveOptions = {}): Objective {
  requireKnownKeys("simpleObjective", options, {
    prediction: ["noise", "sample", "velocity", "score", "flow"],
    weighting: ["simple", "uniform", "snr", "truncated-snr", "snr+1", "min-snr", "p2", "edm"],
    gamma: "a number",
    k: "a number",
    sigmaData: "a number",
  });
  const { prediction = "noise", weighting = "simple", ...shape } = options;
  return {
    numbers: (path, times) => ({ weighting: lossWeights(path, prediction, weighting, times, times.length, shape) }),
    loss: ({ x0, noise, xt, signal, sigma, numbers, network }) =>
      tf.tidy(() => {
        const error = squaredErrorPerExample(network(xt), targetFrom(prediction, x0, noise, signal, sigma));
        return tf.mul(error, tf.reshape(numbers["weighting"], [-1])) as tf.Tensor1D;
      }),
  };
}
