import * as tf from "../runtime/tf.js";
import type { Precision } from "../compile/index.js";
import type { AdamWOptions } from "./adamw.js";
import type { Batch, TrainingTask } from "./task.js";

/** How a step clips, optimises and averages. */
export interface TrainingStepOptions {
  readonly adamW: Required<AdamWOptions>;
  readonly maxGradientNorm: number;
  readonly averageDecay: number;
  /** Default "float32". */
  readonly precision?: Precision;
}

/** What a training carries from step to step besides the parameters: each array is flat, in their order. */
export interface CarriedState {
  /** Moving averages of gradients and of squared gradients. */
  readonly mean: Float32Array;
  readonly meanSquare: Float32Array;
  /** Moving average of the parameters. */
  readonly average: Float32Array;
}

/** What a step found; see {@link isTaken}. */
export interface StepResult {
  readonly loss: number;
  /** Norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** The loss of each example, for a task with feedback; else empty. */
  readonly losses: Float32Array;
}

/** Whether the step is taken. */
export function isTaken({ loss, gradientNorm }: StepResult): boolean {
  return Number.isFinite(loss) && Number.isFinite(gradientNorm);
}

/** One way to compute a training step, and where it keeps what it carries along. */
export interface StepForm {
  /** Takes the step, unless loss or gradient is not finite: then nothing changes. */
  run(batch: Batch, learningRate: number, step: number): StepResult;
  /** A copy. */
  save(): CarriedState;
  /** Copies. */
  restore(carried: CarriedState): void;
  /** Frees what is carried; the parameters belong to the task. */
  dispose(): void;
}

/**
 * The loss of a batch, its gradient by all parameters as one vector, and the loss of each example, [N], for a task with
 * feedback (else of length 0).
 *
 * @throws Error if the loss reaches none of the parameters
 */
export function lossAndGradient(
  task: TrainingTask,
  batch: Batch,
): { loss: tf.Scalar; gradient: tf.Tensor1D; losses: tf.Tensor1D } {
  const { variables } = task.parameters;
  const weight = task.feedback ? [batch[task.feedback.weight]] : [];
  const sources = [...variables, ...weight];
  const { value: loss, grads } = tf.engine().gradients<tf.Scalar>(() => task.loss(batch), sources, undefined, true);
  const byVariable = grads.slice(0, variables.length);
  if (byVariable.every((gradient) => !gradient)) {
    throw new Error("the loss reaches none of the parameters: nothing would be learned");
  }
  // A parameter the loss does not reach has no gradient, which is a gradient of zero.
  const gradient = flat(variables.map((variable, i) => byVariable[i] ?? tf.zerosLike(variable)));
  // ℓ_i = N·∂mean(w·ℓ)/∂w_i
  const losses = weight.length > 0 ? tf.mul(grads[variables.length], weight[0].size) : tf.zeros([0]);
  return { loss, gradient, losses: losses as tf.Tensor1D };
}

/** Tensors end to end. */
export function flat(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.concat(tensors.map((tensor) => tf.reshape(tensor, [-1]) as tf.Tensor1D));
}
