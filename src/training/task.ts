import type * as tf from "../tf.js";
import type { Parameters } from "../nn/index.js";

/** The tensors one step works on, by name. */
export type Batch = Readonly<Record<string, tf.Tensor>>;

/**
 * What is learned. Both methods are pure: a batch depends on nothing but the task and the number of the step, and the
 * loss on nothing but the batch and the parameters. That is why a resumed training equals one that never stopped, and
 * why a step can be recorded as one graph.
 */
export interface TrainingTask {
  readonly parameters: Parameters;
  /** Examples a batch, for rates and estimates. */
  readonly batchSize: number;
  /** The inputs of step `step` (from 1). The caller disposes them. */
  batch(step: number): Batch;
  loss(batch: Batch): tf.Scalar;
}
