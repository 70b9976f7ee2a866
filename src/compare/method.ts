/** What takes part in the comparison: a way to train, and the ways to draw from what was trained. */
import type * as tf from "../runtime/tf.js";
import type { TrainerOptions, TrainingTask } from "../training/index.js";
import type { Problem } from "./problem.js";

/** A way to draw from a trained model. */
export interface Way {
  /** "ddim-10". */
  readonly name: string;
  readonly title: string;
  /** Evaluations of the network that one example takes. */
  readonly evaluations: number;
  /** `count` examples [count, …shape], from the parameters that the networks hold. The caller disposes them. */
  draw(request: { readonly count: number; readonly seed: number; readonly signal?: AbortSignal }): Promise<tf.Tensor>;
}

/** A model under training. */
export interface MethodRun {
  readonly task: TrainingTask;
  readonly trainerOptions: TrainerOptions;
  /** All numbers that are trained, of every player. */
  readonly parameters: number;
  /** Those that drawing needs. */
  readonly drawingParameters: number;
  readonly ways: readonly Way[];
  /** ln p(x) of each example in nats, exact or a lower bound, as {@link likelihood} says. */
  readonly logLikelihood?: (x: tf.Tensor) => Promise<Float64Array>;
  dispose(): void;
}

export interface BeginOptions {
  readonly seed: number;
  /** Of every player; default the method's own for the problem. */
  readonly learningRate?: number;
}

/** A family with one of its objectives. */
export interface Method {
  readonly name: string;
  readonly title: string;
  readonly family: "diffusion" | "vae" | "gan" | "flow";
  /** What {@link MethodRun.logLikelihood} is, if there is one. */
  readonly likelihood: "exact" | "lower bound" | null;
  /** Kinds of problems it has a network for. */
  readonly problems: readonly Problem["kind"][];
  /** Learning rate where none is asked for, by the kind of problem. */
  readonly learningRate: Readonly<Record<Problem["kind"], number>>;
  begin(problem: Problem, options: BeginOptions): MethodRun;
}
