/** An adaptive solver of ordinary differential equations on tensors. */
import { requireBatch } from "../runtime/tensor.js";
import { requireFunction, requireNumber } from "../base/values.js";
import { requireKnownKeys } from "../base/check.js";
import * as tf from "../runtime/tf.js";

/** dy/ds at (y, s), same shape as y. Called inside `tf.tidy`. */
export type Derivative = (y: tf.Tensor, s: number) => tf.Tensor;

export interface AdaptiveOptions {
  /** Allowed error per step, relative to |y|. Default 1e-5, about the least float32 can honour. */
  readonly relativeTolerance?: number;
  /** Allowed error per step, absolute. Default 1e-5. */
  readonly absoluteTolerance?: number;
  /** Length of the first step tried, > 0. Default a hundredth of the way. */
  readonly firstStep?: number;
  /** Length no step exceeds, > 0. Default none; with `firstStep` the same and loose tolerances all steps have it. */
  readonly maxStep?: number;
  /** Gives up after so many steps, accepted or not. Default 10000. */
  readonly maxSteps?: number;
}

/** Of options that say more, those of the solver. */
export function adaptiveOptions(options: AdaptiveOptions): AdaptiveOptions {
  const { relativeTolerance, absoluteTolerance, firstStep, maxStep, maxSteps } = options;
  return { relativeTolerance, absoluteTolerance, firstStep, maxStep, maxSteps };
}

/** One accepted step: y at s, which belongs to the solver until the next `next()`. */
export interface AdaptiveStep {
  readonly step: number;
  readonly s: number;
  readonly y: tf.Tensor;
  readonly evaluations: number;
}

const NODES = [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1];
const STAGES = [
  [],
  [1 / 5],
  [3 / 40, 9 / 40],
  [44 / 45, -56 / 15, 32 / 9],
  [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
];
/** Fifth-order minus embedded fourth-order weights. */
const ERROR = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40];

/**
 * Dormand–Prince 5(4) with error control from `start` to `end` (either direction); the last stage is reused as the
 * next first one, so a step costs six evaluations. Yields each accepted step, returns y(end).
 *
 * Source: Hairer, Nørsett & Wanner, Solving Ordinary Differential Equations I, table II.5.2 and section II.4.
 * @throws RangeError when the step size underflows or `maxSteps` is reached
 */
export function* dormandPrince(
  derivative: Derivative,
  y0: tf.Tensor,
  start: number,
  end: number,
  options: AdaptiveOptions = {},
): Generator<AdaptiveStep, tf.Tensor> {
  requireFunction("derivative", derivative, "(y, s) => dy/ds");
  requireBatch("y0", y0);
  requireNumber("start", start);
  requireNumber("end", end);
  requireKnownKeys("dormandPrince", options, {
    relativeTolerance: "a number",
    absoluteTolerance: "a number",
    firstStep: "a number",
    maxStep: "a number",
    maxSteps: "a number",
  });
  const { relativeTolerance = 1e-5, absoluteTolerance = 1e-5, maxSteps = 10000 } = options;
  const { firstStep = Math.abs(end - start) / 100, maxStep = Infinity } = options;
  for (const [name, value] of Object.entries({ relativeTolerance, absoluteTolerance, firstStep, maxStep }))
    if (!(value > 0)) throw new RangeError(`${name} must be > 0, got ${value}`);
  const direction = Math.sign(end - start);
  let [s, h] = [start, direction * Math.min(firstStep, maxStep)];
  let slope = tf.keep(tf.tidy(() => derivative(y0, s).clone()));
  let y = tf.keep(y0.clone());
  let evaluations = 1;
  try {
    for (let [step, tries] = [0, 0]; s !== end; tries++) {
      if (tries >= maxSteps || Math.abs(h) < 1e-10 * Math.abs(end - start)) {
        throw new RangeError(
          `the adaptive solver stalled at ${s} on the way to ${end} (step ${h}, ${tries} tries): raise the tolerances`,
        );
      }
      const last = Math.abs(h) >= Math.abs(end - s) * (1 - 1e-9);
      if (last) h = end - s;
      const [next, nextSlope, error] = tf.tidy(() =>
        attempt(derivative, y, slope, s, h, relativeTolerance, absoluteTolerance),
      );
      evaluations += 6;
      const size = error.dataSync()[0];
      error.dispose();
      const accepted = size <= 1;
      const [kept, dropped] = accepted
        ? [
            [next, nextSlope],
            [y, slope],
          ]
        : [
            [y, slope],
            [next, nextSlope],
          ];
      dropped.forEach((tensor) => tensor.dispose());
      [y, slope] = kept.map((tensor) => tf.keep(tensor));
      if (accepted) {
        s = last ? end : s + h;
        yield { step: ++step, s, y, evaluations };
      }
      // h ← h·min(5, max(0.2, 0.9·error^{−1/5})); a NaN error shrinks the step.
      h *= Number.isFinite(size) ? Math.min(5, Math.max(0.2, 0.9 * Math.max(size, 1e-10) ** -0.2)) : 0.2;
      h = direction * Math.min(Math.abs(h), maxStep);
    }
    return y.clone();
  } finally {
    y.dispose();
    slope.dispose();
  }
}

function attempt(
  derivative: Derivative,
  y: tf.Tensor,
  slope: tf.Tensor,
  s: number,
  h: number,
  relative: number,
  absolute: number,
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  const slopes = [slope];
  let next = y;
  for (let k = 1; k < NODES.length; k++) {
    // y_k = y + h·Σ_j a_kj·f_j; the last y_k is the fifth-order result
    next = tf.add(y, tf.mul(combine(slopes, STAGES[k]), h));
    slopes.push(derivative(next, s + NODES[k] * h));
  }
  const error = tf.mul(combine(slopes, ERROR), h);
  const scale = tf.add(tf.mul(tf.maximum(tf.abs(y), tf.abs(next)), relative), absolute);
  // The worst example decides, so that a sample's accuracy does not depend on its batch.
  const perExample = tf.mean(tf.reshape(tf.square(tf.div(error, scale)), [y.shape[0], -1]), 1);
  return [next, slopes[6], tf.sqrt(tf.max(perExample))];
}

function combine(values: readonly tf.Tensor[], weights: readonly number[]): tf.Tensor {
  const terms = weights.flatMap((weight, k) => (weight === 0 ? [] : [tf.mul(values[k], weight)]));
  return terms.reduce((sum, term) => tf.add(sum, term));
}
