/** What a trainer asks of a task: batches, and the phases that learn from them. */
import type { TensorRecord } from "../compile/index.js";
import type { ParameterView } from "../nn/index.js";
import type * as tf from "../runtime/tf.js";
import type { LearningRate } from "./learning-rate.js";
import type { Optimiser } from "./optimisers/index.js";

/**
 * What is learned. Batches and losses are pure: a batch depends on nothing but the task and the number of the step (and
 * what its feedback observed), and a loss on nothing but the batch and the parameters. That is why a resumed training
 * equals one that never stopped, and why a step can be recorded as a graph.
 *
 * @typeParam B the tree of tensors a step works on, such as `{ x0: tf.Tensor; condition: { label: tf.Tensor } }`; declare
 *   it with `type`
 */
export interface TrainingTask<B extends TensorRecord = TensorRecord> {
  /** Examples a batch, for rates and estimates. */
  readonly batchSize: number;
  /**
   * What learns from a batch, in this order at each step: one phase for most; a discriminator, then a generator, for a
   * GAN. The first takes part in every step: its loss stands for the step.
   */
  readonly phases: readonly TrainingPhase<B>[];
  /** For a task whose batches depend on the losses so far. */
  readonly feedback?: LossFeedback;
  /** The inputs of step `step` (from 1). The caller disposes them. */
  batch(step: number): B;
}

/** How a phase descends. A trainer's options fill in what a phase leaves out. */
export interface PhaseOptions {
  /** Default `adamW()`. */
  readonly optimiser?: Optimiser;
  /** A constant rate or a {@link LearningRate} over the steps of the training; default 2e-4. */
  readonly learningRate?: number | LearningRate;
  /** Gradients are scaled down to this global norm, default 1; Infinity leaves them as they are. */
  readonly maxGradientNorm?: number;
  /** Decay of the average of parameters, default 0.999. */
  readonly averageDecay?: number;
}

/** One player: what it trains, and its loss. A step runs its phases one after the other, each on what the last left. */
export interface TrainingPhase<B extends TensorRecord = TensorRecord> extends PhaseOptions {
  /** In the state file, in reports and in messages. */
  readonly name: string;
  /** What the phase's optimiser changes; several phases may train the same, each with moments of its own. */
  readonly trains: ParameterView;
  /** Networks that the loss reads besides, at their present values. */
  readonly reads?: readonly ParameterView[];
  /**
   * Takes part in every so many steps, default 1. With 5 for the generator of a GAN, its critic learns from five batches
   * before the generator learns from the last of them.
   */
  readonly every?: number;
  loss(batch: B): PhaseLoss;
}

/** What a phase makes of a batch. All of it may be part of a recorded graph: tensors out, none kept. */
export interface PhaseLoss {
  /** What falls. Gradients taken inside (a penalty on the slope of a critic) are differentiated in turn. */
  readonly loss: tf.Scalar;
  /** What a report is to have besides, such as the terms of a bound. */
  readonly metrics?: Readonly<Record<string, tf.Scalar>>;
  /** New values of buffers of {@link TrainingPhase.trains}, by name: the moments of a normalisation, say. */
  readonly buffers?: Readonly<Record<string, tf.Tensor>>;
  /** The loss of each example, [N], for the task's feedback. */
  readonly losses?: tf.Tensor1D;
}

/** How a task learns of the losses of its examples, and what it remembers of them. */
export interface LossFeedback {
  /** Given {@link PhaseLoss.losses}, [N], after each step that was taken. */
  observe(step: number, losses: Float32Array): void;
  /** What was remembered, to be saved with a training; always of one length. */
  save(): Float32Array;
  restore(memory: Float32Array): void;
}
