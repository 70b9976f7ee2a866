/** The forward process: noise added to data in one step, or straight to any time. */
import { requireFits, requireSameShape } from "../runtime/tensor.js";
import { requireFinite } from "../runtime/finite.js";
import * as tf from "../runtime/tf.js";
import { lookUp } from "./coefficients.js";
import type { GaussianPath } from "./paths/path.js";
import type { Schedule } from "./paths/schedule.js";
import type { Timestep } from "./paths/time.js";

const BAD_DATA = "clean the data before noise is added";
const BAD_NOISE = "take it from normalNoise(seed) or another source of finite numbers";

/**
 * One step of the forward process: x_t = √(1 − β_t)·x_{t−1} + √β_t·ε.
 *
 * Source: Ho et al. 2020 (DDPM), equation 2.
 * @param xPrev x_{t−1}, [N, …]
 * @param t whole times 1 … T, one for the batch or one per example
 * @param noise ε ~ N(0, I), same shape
 * @returns x_t, same shape
 * @throws RangeError for t outside 1 … T, a fractional t, unequal shapes, or values that are not finite
 */
export function qStep(schedule: Schedule, xPrev: tf.Tensor, t: Timestep, noise: tf.Tensor): tf.Tensor {
  requireSameShape("xPrev", xPrev, "noise", noise);
  requireFinite("xPrev", xPrev, BAD_DATA);
  requireFinite("noise", noise, BAD_NOISE);
  return tf.tidy(() => {
    const beta = (time: number): number => schedule.beta[wholeStep(time)];
    const keep = lookUp(schedule, t, xPrev, (time) => Math.sqrt(1 - beta(time)));
    const add = lookUp(schedule, t, xPrev, (time) => Math.sqrt(beta(time)));
    // x_t = √(1 − β_t)·x_{t−1} + √β_t·ε
    return tf.add(tf.mul(keep, xPrev), tf.mul(add, noise));
  });
}

/**
 * Straight from clean data to time t: x_t = √ᾱ_t·x_0 + √(1 − ᾱ_t)·ε (for any path: a(t)·x_0 + b(t)·ε).
 *
 * Source: Ho et al. 2020 (DDPM), equation 4.
 * @param x0 clean data, [N, …]
 * @param t times 0 … T, one for the batch or one per example; t = 0 returns x_0
 * @param noise ε ~ N(0, I), same shape
 * @returns x_t, same shape
 * @throws RangeError for t outside 0 … T, unequal shapes, or values that are not finite
 */
export function qSample(path: GaussianPath, x0: tf.Tensor, t: Timestep, noise: tf.Tensor): tf.Tensor {
  requireSameShape("x0", x0, "noise", noise);
  requireFinite("x0", x0, BAD_DATA);
  requireFinite("noise", noise, BAD_NOISE);
  return tf.tidy(() => {
    const signal = lookUp(path, t, x0, (time) => path.signal(time));
    const sigma = lookUp(path, t, x0, (time) => path.noise(time));
    return noised(x0, noise, signal, sigma);
  });
}

/** x_t = signal·x_0 + sigma·ε in tensors only: the part of {@link qSample} that a compiled step records. */
export function noised(x0: tf.Tensor, noise: tf.Tensor, signal: tf.Tensor, sigma: tf.Tensor): tf.Tensor {
  requireSameShape("x0", x0, "noise", noise);
  requireFits("signal", signal, "x0", x0);
  requireFits("sigma", sigma, "x0", x0);
  return tf.tidy(() => tf.add(tf.mul(signal, x0), tf.mul(sigma, noise)));
}

function wholeStep(t: number): number {
  if (!Number.isInteger(t) || t < 1) throw new RangeError(`a single step exists for whole t ≥ 1, got t = ${t}`);
  return t;
}
