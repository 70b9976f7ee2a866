/** What an optimiser is to a training step: a value with a rule in tensors. */
import type * as tf from "../../runtime/tf.js";

/**
 * A rule that turns gradients into steps. It knows nothing of networks: parameters, gradient and everything it carries
 * from step to step are vectors of one length. The rule becomes part of the recorded step, so what changes from step to
 * step comes in as scalars.
 *
 * @example
 * const descent: Optimiser = {
 *   name: "descent",
 *   state: [],
 *   scalars: (_, learningRate) => ({ rate: learningRate }),
 *   update: ({ values, gradient, scalars }) => ({ values: tf.sub(values, tf.mul(gradient, scalars.rate)), state: {} }),
 * };
 */
export interface Optimiser {
  readonly name: string;
  /** Names of the vectors it carries along; each starts at 0 and is saved with the training. */
  readonly state: readonly string[];
  /**
   * Numbers of update `step`, computed in float64 outside the graph.
   *
   * @param step updates done by this optimiser, this one included: 1, 2, …
   */
  scalars(step: number, learningRate: number): Readonly<Record<string, number>>;
  /** The next parameters θ and state, from the gradient of the loss (already clipped). Pure, in tensors. */
  update(given: OptimiserInput): OptimiserOutput;
}

/** Vectors [n] for n parameters, and the scalars of this update. */
export interface OptimiserInput {
  readonly values: tf.Tensor;
  readonly gradient: tf.Tensor;
  readonly state: Readonly<Record<string, tf.Tensor>>;
  readonly scalars: Readonly<Record<string, tf.Tensor>>;
}

/** What {@link Optimiser.update} gives. */
export interface OptimiserOutput {
  readonly values: tf.Tensor;
  /** Every name of {@link Optimiser.state}. */
  readonly state: Readonly<Record<string, tf.Tensor>>;
}
