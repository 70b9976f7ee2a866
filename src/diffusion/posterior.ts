/** The step back when x_0 is known: mean and variance of q(x_s | x_t, x_0). */
import { requireSameShape } from "../runtime/tensor.js";
import { requireGaussianPath } from "./paths/path.js";
import { requireFinite } from "../runtime/finite.js";
import * as tf from "../runtime/tf.js";
import { lookUp } from "./coefficients.js";
import type { GaussianPath } from "./paths/path.js";
import type { Schedule } from "./paths/schedule.js";
import type { Timestep } from "./paths/time.js";

/** A Gaussian with diagonal covariance; `variance` broadcasts over `mean`. */
export interface GaussianMoments {
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
}

/** How much data and noise x_t holds at one time: x_t = signal·x_0 + noise·ε. */
export interface Level {
  readonly signal: number;
  readonly noise: number;
}

/** q(x_s | x_t, x_0) = N(dataWeight·x_0 + stateWeight·x_t, variance·I) for two times s < t. */
export interface PosteriorCoefficients {
  readonly dataWeight: number;
  readonly stateWeight: number;
  readonly variance: number;
  /** Variance of the noise the forward process adds on the way from s to t (β_t for neighbours). */
  readonly added: number;
}

/** The level of a path at time t. */
export function levelAt(path: GaussianPath, t: number): Level {
  requireGaussianPath(path);
  return { signal: path.signal(t), noise: path.noise(t) };
}

/**
 * c = b_t² − (a_t/a_s)²·b_s², the variance of the noise that a path adds from s to t, as b_t²·(1 − q)·(1 + q) with
 * q = σ_s/σ_t: the difference of squares could round below 0. It is 0 between equal levels (β = 0).
 *
 * @throws RangeError where the earlier time has no signal, the later no noise, or the levels fall
 */
export function addedVariance(earlier: Level, later: Level): number {
  const q = ((later.signal / earlier.signal) * earlier.noise) / later.noise;
  if (!(earlier.signal > 0 && later.noise > 0 && q <= 1 + ROUNDING)) {
    throw new RangeError(
      `a posterior needs an earlier time with more signal and less noise, ` +
        `got (${earlier.signal}, ${earlier.noise}) before (${later.signal}, ${later.noise})`,
    );
  }
  return later.noise ** 2 * Math.max(0, 1 - q) * (1 + q);
}

/** By as much may the levels of neighbouring times, looked up in float64, fall. */
const ROUNDING = 1e-12;

/**
 * The posterior between any two times s < t of any path, in float64. With x_t = a_t·x_0 + b_t·ε:
 * q(x_s | x_t, x_0) has mean (a_s·c/b_t²)·x_0 + (a_t/a_s)·(b_s²/b_t²)·x_t and variance c·b_s²/b_t²,
 * c = b_t² − (a_t/a_s)²·b_s² being the noise added from s to t.
 *
 * Source: Kingma et al. 2021 (VDM), appendix A; neighbours of a schedule give Ho et al. 2020, equations 6–7.
 */
export function posteriorCoefficients(earlier: Level, later: Level): PosteriorCoefficients {
  const ratio = later.signal / earlier.signal;
  const added = addedVariance(earlier, later);
  const share = (earlier.noise / later.noise) ** 2;
  return {
    dataWeight: (earlier.signal * added) / later.noise ** 2,
    stateWeight: ratio * share,
    variance: added * share,
    added,
  };
}

/**
 * q(x_{t−1} | x_t, x_0), the step back when the clean data is known:
 * mean √ᾱ_{t−1}·β_t/(1−ᾱ_t)·x_0 + √α_t·(1−ᾱ_{t−1})/(1−ᾱ_t)·x_t, variance β̃_t = β_t·(1−ᾱ_{t−1})/(1−ᾱ_t).
 *
 * Source: Ho et al. 2020 (DDPM), equations 6 and 7.
 * @param x0 clean data, [N, …]
 * @param xt x_t, same shape
 * @param t whole times 1 … T; at t = 1 the variance is 0 and the mean is x_0
 * @throws RangeError for t outside 1 … T, unequal shapes, or values that are not finite
 */
export function posterior(schedule: Schedule, x0: tf.Tensor, xt: tf.Tensor, t: Timestep): GaussianMoments {
  requireSameShape("x0", x0, "xt", xt);
  requireFinite("x0", x0, "clean the data");
  requireFinite("xt", xt, "make it with qSample from finite data and noise");
  return tf.tidy(() => {
    const at = (time: number): PosteriorCoefficients => {
      if (!Number.isInteger(time) || time < 1)
        throw new RangeError(`the posterior exists for whole t ≥ 1, got t = ${time}`);
      return posteriorCoefficients(levelAt(schedule, time - 1), levelAt(schedule, time));
    };
    const dataWeight = lookUp(schedule, t, xt, (time) => at(time).dataWeight);
    const stateWeight = lookUp(schedule, t, xt, (time) => at(time).stateWeight);
    return {
      mean: tf.add(tf.mul(dataWeight, x0), tf.mul(stateWeight, xt)),
      variance: lookUp(schedule, t, xt, (time) => at(time).variance),
    };
  });
}
