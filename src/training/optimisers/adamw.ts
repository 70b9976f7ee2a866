/** Adam with decoupled weight decay. */
import { requireKnownKeys } from "../../base/check.js";
import * as tf from "../../runtime/tf.js";
import type { Optimiser } from "./optimiser.js";

export interface AdamOptions {
  /** Decay of the mean of gradients, default 0.9; 0 or 0.5 is common for adversarial training. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients, default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
}

export interface AdamWOptions extends AdamOptions {
  /** Decoupled weight decay λ, default 0. */
  readonly weightDecay?: number;
}

/**
 * AdamW: m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← (1 − ηλ)θ − η·m̂/(√v̂ + ε), with m̂ and v̂ freed of their start
 * at 0.
 *
 * Source: Loshchilov and Hutter 2019, "Decoupled weight decay regularization", algorithm 2 (with PyTorch's scaling of
 * the decay by the learning rate).
 *
 * @throws RangeError if beta1 or beta2 is outside [0, 1), epsilon is 0 in float32, weightDecay is negative, or an option
 *   is unknown
 */
export function adamW(options: AdamWOptions = {}): Optimiser {
  requireKnownKeys("adamW", options, { beta1: "a number", beta2: "a number", epsilon: true, weightDecay: true });
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
  return {
    name: "adamW",
    state: ["mean", "meanSquare"],
    scalars: (step, learningRate) => ({
      // η/(1 − β₁ⁿ)
      rate: learningRate / (1 - beta1 ** step),
      // 1 − ηλ
      keep: 1 - learningRate * weightDecay,
      // √(1 − β₂ⁿ)
      correction: Math.sqrt(1 - beta2 ** step),
    }),
    update: ({ values, gradient, state, scalars: { rate, keep, correction } }) => {
      // m ← β₁m + (1 − β₁)g
      const mean = tf.add(tf.mul(state.mean, beta1), tf.mul(gradient, 1 - beta1));
      // v ← β₂v + (1 − β₂)g²
      const meanSquare = tf.add(tf.mul(state.meanSquare, beta2), tf.mul(tf.square(gradient), 1 - beta2));
      // θ ← (1 − ηλ)θ − η·m̂/(√v̂ + ε)
      const deviation = tf.add(tf.div(tf.sqrt(meanSquare), correction), epsilon);
      const next = tf.sub(tf.mul(values, keep), tf.div(tf.mul(mean, rate), deviation));
      return { values: next, state: { mean, meanSquare } };
    },
  };
}

/** Adam, which is {@link adamW} without decay. Source: Kingma and Ba 2015, algorithm 1. @throws RangeError as adamW does */
export function adam(options: AdamOptions = {}): Optimiser {
  requireKnownKeys(
    "adam",
    options,
    { beta1: "a number", beta2: "a number", epsilon: true },
    { weightDecay: "give it to adamW" },
  );
  return { ...adamW(options), name: "adam" };
}
