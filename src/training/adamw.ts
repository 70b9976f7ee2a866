import * as tf from "../runtime/tf.js";
import { checkSameLength } from "./same-length.js";

export interface AdamWOptions {
  /** Decay of the mean of gradients, default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients, default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Decoupled weight decay, default 0. */
  readonly weightDecay?: number;
}

/**
 * The options with their defaults.
 *
 * @throws RangeError if beta1 or beta2 is outside [0, 1), epsilon is 0 in float32, or weightDecay is negative
 */
export function adamWOptions(options: AdamWOptions = {}): Required<AdamWOptions> {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
    throw new RangeError(`beta1 and beta2 must lie in [0, 1), got ${beta1} and ${beta2}`);
  }
  // A parameter without gradient divides 0 by it.
  if (!(Math.fround(epsilon) > 0) || !Number.isFinite(epsilon)) {
    throw new RangeError(`epsilon must be positive in float32, got ${epsilon}`);
  }
  if (!(weightDecay >= 0) || !Number.isFinite(weightDecay)) {
    throw new RangeError(`weightDecay must be finite and ≥ 0, got ${weightDecay}`);
  }
  return { beta1, beta2, epsilon, weightDecay };
}

/** What changes from step to step, as numbers in float64 or as scalar tensors. */
export interface AdamWScalars<Value> {
  /** η/(1 − β₁ⁿ) */
  readonly rate: Value;
  /** 1 − ηλ */
  readonly keep: Value;
  /** √(1 − β₂ⁿ) */
  readonly correction: Value;
}

/** @param step n, counts from 1 */
export function adamWScalars(
  options: Required<AdamWOptions>,
  learningRate: number,
  step: number,
): AdamWScalars<number> {
  return {
    rate: learningRate / (1 - options.beta1 ** step),
    keep: 1 - learningRate * options.weightDecay,
    correction: Math.sqrt(1 - options.beta2 ** step),
  };
}

/** Parameters θ and the moving averages m and v of their gradients and squared gradients, of one shape. */
export interface AdamWState {
  readonly values: tf.Tensor;
  readonly mean: tf.Tensor;
  readonly meanSquare: tf.Tensor;
}

/**
 * One step of AdamW.
 *
 * Source: Loshchilov and Hutter 2019, "Decoupled weight decay regularization", algorithm 2 (with PyTorch's scaling of
 * the decay by the learning rate).
 */
export function adamWUpdate(
  state: AdamWState,
  gradient: tf.Tensor,
  scalars: AdamWScalars<tf.Tensor>,
  options: Required<AdamWOptions>,
): AdamWState {
  const { beta1, beta2, epsilon } = options;
  const { rate, keep, correction } = scalars;
  return tf.tidy(() => {
    // m ← β₁m + (1 − β₁)g
    const mean = tf.add(tf.mul(state.mean, beta1), tf.mul(gradient, 1 - beta1));
    // v ← β₂v + (1 − β₂)g²
    const meanSquare = tf.add(tf.mul(state.meanSquare, beta2), tf.mul(tf.square(gradient), 1 - beta2));
    // θ ← (1 − ηλ)θ − η·m̂/(√v̂ + ε)
    const deviation = tf.add(tf.div(tf.sqrt(meanSquare), correction), epsilon);
    const values = tf.sub(tf.mul(state.values, keep), tf.div(tf.mul(mean, rate), deviation));
    return { values, mean, meanSquare };
  });
}

/** {@link AdamWState} as arrays of one length. */
export type AdamWArrays = Readonly<Record<keyof AdamWState, Float32Array>>;

/**
 * {@link adamWUpdate} over plain arrays, in one pass; sums are float64 and rounded once, when stored.
 *
 * @param gradient as long as the state's arrays
 * @returns new arrays; the state is left as it was
 * @throws RangeError if the lengths differ
 */
export function adamWArrays(
  state: AdamWArrays,
  gradient: Float32Array,
  scalars: AdamWScalars<number>,
  options: Required<AdamWOptions>,
): AdamWArrays {
  checkSameLength({ gradient, ...state });
  const { beta1, beta2, epsilon } = options;
  const { rate, keep, correction } = scalars;
  const next = {
    values: new Float32Array(gradient.length),
    mean: new Float32Array(gradient.length),
    meanSquare: new Float32Array(gradient.length),
  };
  for (let i = 0; i < gradient.length; i++) {
    const g = gradient[i];
    const m = beta1 * state.mean[i] + (1 - beta1) * g;
    const v = beta2 * state.meanSquare[i] + (1 - beta2) * g * g;
    next.mean[i] = m;
    next.meanSquare[i] = v;
    // θ ← (1 − ηλ)θ − η·m̂/(√v̂ + ε)
    next.values[i] = keep * state.values[i] - (rate * m) / (Math.sqrt(v) / correction + epsilon);
  }
  return next;
}
