/** Objectives of networks that learn mean and variance: the hybrid loss and the bound alone. */
import { requireKind } from "../../base/kinds.js";
import { requireKnownKeys } from "../../base/check.js";
import * as tf from "../../runtime/tf.js";
import {
  splitLearnedVariance,
  type GaussianPath,
  type HybridOptions,
  type Prediction,
  type Schedule,
} from "../../diffusion/index.js";
import { boundNumbers, type BoundNumbers } from "../../diffusion/variational-bound.js";
import { estimateNumbers, hybridFrom, learnedVarianceTerm, type EstimateNumbers } from "../../diffusion/hybrid-loss.js";
import { targetFrom } from "../../diffusion/objectives.js";
import type { DiscretizedOptions } from "../../numeric/index.js";
import type { NoisyBatch, Objective } from "./objective.js";

export interface LearnedVarianceOptions extends DiscretizedOptions {
  /** What the first half of the channels learns to be, default "noise". */
  readonly prediction?: Prediction;
}

/**
 * L_simple + λ·T·L_vlb: the first half of the output's channels is trained by the square error, the second half, which
 * says how much noise a step back has, by the variational bound. Sample with `learnedVarianceDenoiser` and
 * `ddpm(…, { variance: "learned" })`.
 *
 * Source: Nichol & Dhariwal 2021 (improved DDPM), equation 16.
 * @throws RangeError at the first batch if the path is no schedule of whole times
 */
export function hybridObjective(schedule: Schedule, options: LearnedVarianceOptions & HybridOptions = {}): Objective {
  requireKind("schedule", schedule, "an object");
  requireKnownKeys("hybridObjective", options, {
    prediction: ["noise", "sample", "velocity", "score", "flow"],
    levels: "a number",
    boundWeight: "a number",
  });
  const { prediction = "noise" } = options;
  return learnedVariance(schedule, prediction, (batch, output, fraction) => {
    const { x0, xt, noise, signal, sigma, numbers } = batch;
    const target = targetFrom(prediction, x0, noise, signal, sigma);
    return hybridFrom(columns(numbers), { x0, xt, output, fraction, target }, { ...options, T: schedule.T });
  });
}

/**
 * T·L_vlb, the variational bound alone in bits per dimension, for mean and variance: one term at the drawn time, times T
 * to estimate the whole. Its gradient is noisy; `lossAwareTimes` is what makes it trainable.
 *
 * Source: Nichol & Dhariwal 2021 (improved DDPM), equation 4 and section 3.3.
 */
export function boundObjective(schedule: Schedule, options: LearnedVarianceOptions = {}): Objective {
  requireKind("schedule", schedule, "an object");
  requireKnownKeys("boundObjective", options, {
    prediction: ["noise", "sample", "velocity", "score", "flow"],
    levels: "a number",
  });
  return learnedVariance(schedule, options.prediction ?? "noise", ({ x0, xt, numbers }, output, fraction) => {
    const term = learnedVarianceTerm(columns(numbers), { x0, xt, output, fraction }, options);
    return tf.mul(term, schedule.T) as tf.Tensor1D;
  });
}

type Flat = Readonly<Record<keyof BoundNumbers<number> | "estimateState" | "estimateOutput", number>>;

function learnedVariance(
  schedule: Schedule,
  prediction: Prediction,
  loss: (batch: NoisyBatch, output: tf.Tensor, fraction: tf.Tensor) => tf.Tensor1D,
): Objective {
  const at = (t: number): Flat => {
    const { state, output } = estimateNumbers(schedule, prediction, t);
    return { ...boundNumbers(schedule, t), estimateState: state, estimateOutput: output };
  };
  return {
    numbers: (path, times) => {
      requireSame(path, schedule);
      const rows = Array.from(times, at);
      const names = Object.keys(at(schedule.T)) as (keyof Flat)[];
      return Object.fromEntries(names.map((name) => [name, Float32Array.from(rows, (row) => row[name])]));
    },
    loss: (batch) =>
      tf.tidy(() => {
        const { output, fraction } = splitLearnedVariance(batch.network(batch.xt));
        return loss(batch, output, fraction);
      }),
  };
}

function requireSame(path: GaussianPath, schedule: Schedule): void {
  if (path !== schedule) {
    throw new RangeError(
      `the objective is of schedule "${schedule.name}", the task's path is "${path.name}": give both the same`,
    );
  }
}

function columns(
  numbers: Readonly<Record<string, tf.Tensor>>,
): BoundNumbers<tf.Tensor> & { estimate: EstimateNumbers<tf.Tensor> } {
  const { dataWeight, stateWeight, low, span, first, estimateState: state, estimateOutput: output } = numbers;
  return { dataWeight, stateWeight, low, span, first, estimate: { state, output } };
}
