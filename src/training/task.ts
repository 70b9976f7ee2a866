import type * as tf from "../runtime/tf.js";
import type { Parameters } from "../nn/index.js";

/** The tensors one step works on, by name. */
export type Batch = Readonly<Record<string, tf.Tensor>>;

/**
 * What is learned. Both methods are pure: a batch depends on nothing but the task and the number of the step (and what
 * its feedback was told), and the loss on nothing but the batch and the parameters. That is why a resumed training equals
 * one that never stopped, and why a step can be recorded as one graph.
 */
export interface TrainingTask {
  readonly parameters: Parameters;
  /** Examples a batch, for rates and estimates. */
  readonly batchSize: number;
  /** For a task whose batches depend on the losses so far. */
  readonly feedback?: LossFeedback;
  /** The inputs of step `step` (from 1). The caller disposes them. */
  batch(step: number): Batch;
  loss(batch: Batch): tf.Scalar;
}

/** How a task learns of the losses of its examples, and what it remembers of them. */
export interface LossFeedback {
  /**
   * The batch's input w, [N], in which the loss is linear: mean(w_i·ℓ_i). The step then finds ℓ_i as N·∂loss/∂w_i, beside
   * the other gradients.
   */
  readonly weight: string;
  /** Told ℓ, [N], after each step that was taken. */
  observe(step: number, losses: Float32Array): void;
  /** What was remembered, to be saved with a training; always of one length. */
  save(): Float32Array;
  restore(memory: Float32Array): void;
}
