/** The variational bound of a diffusion model: its terms at each time, and the whole of it on data. */
import { requireKind } from "../base/kinds.js";
import { requireSchedule } from "./paths/schedule.js";
import { requireFits, requireSameShape } from "../runtime/tensor.js";
import { requireKnownKeys, requireKeys } from "../base/check.js";
import { discretizedLogLikelihood, gaussianKl, type DiscretizedOptions } from "../numeric/gaussian.js";
import { requireFinite } from "../runtime/finite.js";
import * as tf from "../runtime/tf.js";
import { requireChoice } from "../base/values.js";
import { lookUp } from "./coefficients.js";
import {
  estimateFrom,
  learnsVariance,
  requirePath,
  timesTensor,
  type Denoiser,
  type LearnedVarianceDenoiser,
} from "./denoiser.js";
import { qSample } from "./forward.js";
import { squaredErrorPerExample } from "./objectives.js";
import { levelAt, posterior, posteriorCoefficients } from "./posterior.js";
import type { Schedule } from "./paths/schedule.js";
import type { Threshold } from "./thresholds.js";
import type { Timestep } from "./paths/time.js";

/** The model's step back p(x_{t−1} | x_t): mean and ln variance, both broadcasting over x_t. */
export interface ReverseStep {
  readonly mean: tf.Tensor;
  readonly logVariance: tf.Tensor;
}

/**
 * ln of the variance bounds at t: β̃_t and β_t, with β̃_2 in place of β̃_1 = 0 as the reference does.
 *
 * Source: Nichol & Dhariwal 2021 (improved DDPM), section 3.1.
 */
export function logVarianceBounds(schedule: Schedule, t: number): { readonly low: number; readonly high: number } {
  requireKind("t", t, "a number");
  requireSchedule("logVarianceBounds", schedule);
  const floor = schedule.T > 1 ? schedule.posteriorVariance[2] : schedule.beta[1];
  return { low: Math.log(t === 1 ? floor : schedule.posteriorVariance[t]), high: Math.log(schedule.beta[t]) };
}

/** What the bound needs of the schedule at one time, as a number, an array over times, or a tensor [N, 1, …, 1]. */
export interface BoundNumbers<Value> {
  /** Weights of x_0 and x_t in the mean of q(x_{t−1} | x_t, x_0). */
  readonly dataWeight: Value;
  readonly stateWeight: Value;
  /** ln β̃_t and ln β_t − ln β̃_t, see {@link logVarianceBounds}. */
  readonly low: Value;
  readonly span: Value;
  /** 1 at t = 1, where the term is the rounded data's, else 0. */
  readonly first: Value;
}

/** @throws RangeError unless t is a whole time 1 … T */
export function boundNumbers(schedule: Schedule, t: number): BoundNumbers<number> {
  if (!Number.isInteger(t) || t < 1 || t > schedule.T) {
    throw new RangeError(`the bound has a term for whole times 1 … ${schedule.T}, got t = ${t}`);
  }
  const { dataWeight, stateWeight } = posteriorCoefficients(levelAt(schedule, t - 1), levelAt(schedule, t));
  const { low, high } = logVarianceBounds(schedule, t);
  return { dataWeight, stateWeight, low, span: high - low, first: t === 1 ? 1 : 0 };
}

/** {@link boundNumbers} as tensors that broadcast over `like`. */
export function boundTensors(schedule: Schedule, t: Timestep, like: tf.Tensor): BoundNumbers<tf.Tensor> {
  const column = (name: keyof BoundNumbers<number>): tf.Tensor => {
    return lookUp(schedule, t, like, (time) => boundNumbers(schedule, time)[name]);
  };
  return {
    dataWeight: column("dataWeight"),
    stateWeight: column("stateWeight"),
    low: column("low"),
    span: column("span"),
    first: column("first"),
  };
}

/**
 * One term of the variational bound per example, in bits per dimension: for t ≥ 2 KL(q(x_{t−1}|x_t,x_0) ‖ p), for t = 1
 * −log₂ p(x_0 | x_1) of the rounded data.
 *
 * Source: Ho et al. 2020 (DDPM), equations 5, 8 and 13.
 * @param t whole times 1 … T
 * @returns [N]
 */
export function boundTerm(
  schedule: Schedule,
  x0: tf.Tensor,
  xt: tf.Tensor,
  t: Timestep,
  model: ReverseStep,
  options: DiscretizedOptions = {},
): tf.Tensor1D {
  requireSameShape("x0", x0, "xt", xt);
  requireStep(model, x0);
  requireKnownKeys("boundTerm", options, { levels: "a number" });
  return tf.tidy(() => boundTermFrom(boundTensors(schedule, t, xt), x0, xt, model, options));
}

/** {@link boundTerm} in tensors only: the part a compiled step records. */
export function boundTermFrom(
  numbers: BoundNumbers<tf.Tensor>,
  x0: tf.Tensor,
  xt: tf.Tensor,
  model: ReverseStep,
  options: DiscretizedOptions = {},
): tf.Tensor1D {
  return tf.tidy(() => {
    const { low, first } = numbers;
    const trueMean = posteriorMean(numbers, x0, xt);
    const kl = gaussianKl(trueMean, tf.add(low, tf.zerosLike(xt)), model.mean, model.logVariance);
    const spread = tf.add(tf.mul(model.logVariance, 0.5), tf.zerosLike(xt));
    const decoder = tf.neg(discretizedLogLikelihood(x0, model.mean, spread, { levels: options.levels }));
    const term = tf.add(tf.mul(first, decoder), tf.mul(tf.sub(1, first), kl));
    return tf.div(tf.mean(tf.reshape(term, [x0.shape[0], -1]), 1), Math.LN2) as tf.Tensor1D;
  });
}

/** The mean of q(x_{t−1} | x_t, x_0). */
export function posteriorMean(
  { dataWeight, stateWeight }: BoundNumbers<tf.Tensor>,
  x0: tf.Tensor,
  xt: tf.Tensor,
): tf.Tensor {
  return tf.tidy(() => tf.add(tf.mul(dataWeight, x0), tf.mul(stateWeight, xt)));
}

/**
 * The variational bound of a data set with its parts, averaged over examples: in bits per dimension of the grey levels, as
 * `bitsPerDimension` has them (errors plain).
 */
export interface BoundReport {
  /** terms summed + prior. */
  readonly total: number;
  /** KL(q(x_T | x_0) ‖ N(0, I)). */
  readonly prior: number;
  /** The term of t = 1 … T at index t − 1; the first is the rounded data's. */
  readonly terms: Float64Array;
  /** Mean square error of x̂_0 at t, index t − 1. */
  readonly dataError: Float64Array;
  /** Mean square error of ε̂ at t, index t − 1. */
  readonly noiseError: Float64Array;
}

export interface BoundOptions extends DiscretizedOptions {
  /** Noise for time t: an independent ε ~ N(0, I) for each. */
  readonly noise: (t: number, shape: readonly number[]) => tf.Tensor;
  /** `"posterior"` (default), `"beta"`, or `"learned"` for denoisers with `predictWithVariance`. */
  readonly variance?: "posterior" | "beta" | "learned";
  readonly clip?: Threshold;
}

/**
 * Evaluates the whole bound −log₂ p(x_0) ≤ total bits/dim with one noise draw per time: T evaluations.
 *
 * Source: Ho et al. 2020 (DDPM), equation 5.
 * @param x0 [N, …] in [−1, 1]
 * @throws RangeError for a denoiser of another schedule, or data outside [−1, 1] (its grey levels lie there) or not finite
 */
export function variationalBound(
  denoiser: Denoiser,
  schedule: Schedule,
  x0: tf.Tensor,
  options: BoundOptions,
): BoundReport {
  requireKnownKeys("variationalBound", options, {
    noise: "a function",
    variance: true,
    clip: "a function",
    levels: "a number",
  });
  requireKeys("variationalBound", options, ["noise"]);
  const { noise, variance = "posterior", clip } = options;
  requirePath(denoiser, schedule);
  requireChoice("variance", variance, ["posterior", "beta", "learned"]);
  requireFinite("x0", x0, "clean the data");
  const reach = readScalar(tf.tidy(() => tf.max(tf.abs(x0))));
  if (reach > 1 + 1e-6)
    throw new RangeError(`x0 must lie in [−1, 1], but |x0| reaches ${reach}: encode it with a Normaliser`);
  const { T } = schedule;
  const [terms, dataError, noiseError] = [new Float64Array(T), new Float64Array(T), new Float64Array(T)];
  for (let t = T; t >= 1; t--) {
    const [term, ofData, ofNoise] = tf
      .tidy(() => {
        const epsilon = noise(t, x0.shape);
        const xt = qSample(schedule, x0, t, epsilon);
        const bounds = logVarianceBounds(schedule, t);
        const answer = variance === "learned" ? withVariance(denoiser, xt, t) : undefined;
        const output = answer?.output ?? denoiser.predict(xt, timesTensor(xt, t));
        const estimated = estimateFrom(output, denoiser.predicts, schedule, xt, t, { clip });
        const logVariance = answer
          ? tf.add(bounds.low, tf.mul(answer.fraction, bounds.high - bounds.low))
          : tf.scalar(variance === "beta" && t > 1 ? bounds.high : bounds.low);
        const { mean } = posterior(schedule, estimated.x0, xt, t);
        return [
          tf.mean(boundTerm(schedule, x0, xt, t, { mean, logVariance }, { levels: options.levels })),
          tf.mean(squaredErrorPerExample(estimated.x0, x0)),
          tf.mean(squaredErrorPerExample(estimated.noise, epsilon)),
        ];
      })
      .map(readScalar);
    terms[t - 1] = term;
    dataError[t - 1] = ofData;
    noiseError[t - 1] = ofNoise;
  }
  const prior = readScalar(tf.tidy(() => priorTerm(schedule, x0)));
  return { total: terms.reduce((sum, term) => sum + term, prior), prior, terms, dataError, noiseError };
}

// KL(N(√ᾱ_T·x_0, (1 − ᾱ_T)·I) ‖ N(0, I))
function priorTerm(schedule: Schedule, x0: tf.Tensor): tf.Tensor {
  const mean = tf.mul(x0, schedule.signal(schedule.T));
  const logVariance = tf.fill(x0.shape, 2 * Math.log(schedule.noise(schedule.T)));
  return tf.div(tf.mean(gaussianKl(mean, logVariance, tf.zerosLike(x0), tf.zerosLike(x0))), Math.LN2);
}

function withVariance(
  denoiser: Denoiser,
  xt: tf.Tensor,
  t: number,
): ReturnType<LearnedVarianceDenoiser["predictWithVariance"]> {
  if (!learnsVariance(denoiser)) {
    throw new TypeError('variance "learned" needs a denoiser with predictWithVariance: use "posterior" or "beta"');
  }
  return denoiser.predictWithVariance(xt, timesTensor(xt, t));
}

function readScalar(x: tf.Tensor): number {
  const value = x.dataSync()[0];
  x.dispose();
  return value;
}

/** @throws TypeError for what is no step back */
function requireStep(model: ReverseStep, x0: tf.Tensor): void {
  const { mean, logVariance } = (model ?? {}) as Partial<ReverseStep>;
  requireFits("mean of the step", mean, "x0", x0);
  requireFits("logVariance of the step", logVariance, "x0", x0);
}
