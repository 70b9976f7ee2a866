/** Stochastic gradient descent, with or without momentum. */
import { requireKnownKeys } from "../../base/check.js";
import * as tf from "../../runtime/tf.js";
import type { Optimiser } from "./optimiser.js";

export interface SgdOptions {
  /** Share μ of the last velocity that is kept, default 0: plain descent. */
  readonly momentum?: number;
  /** Look ahead along the velocity, default false. */
  readonly nesterov?: boolean;
}

/**
 * θ ← θ − η·g; with momentum v ← μv + g, θ ← θ − η·v; with Nesterov's θ ← θ − η·(g + μv).
 *
 * Source: Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning", equations 1 to 4,
 * in PyTorch's form (the rate outside the velocity).
 *
 * @throws RangeError if momentum is outside [0, 1), nesterov has none, or an option is unknown
 */
export function sgd(options: SgdOptions = {}): Optimiser {
  requireKnownKeys("sgd", options, { momentum: "a number", nesterov: "true or false" });
  const { momentum = 0, nesterov = false } = options;
  if (!(momentum >= 0 && momentum < 1)) throw new RangeError(`momentum must lie in [0, 1), got ${momentum}`);
  if (nesterov && momentum === 0) throw new RangeError("nesterov looks ahead along a velocity: give a momentum > 0");
  const scalars = (_step: number, learningRate: number): Record<string, number> => ({ rate: learningRate });
  if (momentum === 0) {
    return {
      name: "sgd",
      state: [],
      scalars,
      update: ({ values, gradient, scalars: { rate } }) => ({
        values: tf.sub(values, tf.mul(gradient, rate)),
        state: {},
      }),
    };
  }
  return {
    name: "sgd",
    state: ["velocity"],
    scalars,
    update: ({ values, gradient, state, scalars: { rate } }) => {
      const velocity = tf.add(tf.mul(state.velocity, momentum), gradient);
      const direction = nesterov ? tf.add(gradient, tf.mul(velocity, momentum)) : velocity;
      return { values: tf.sub(values, tf.mul(direction, rate)), state: { velocity } };
    },
  };
}
