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

/** How likely a model finds examples. */
export interface RunLikelihood {
  /**
   * What it is of: of grey levels 0 … 255, whose bits a dimension compare between models, or of numbers, of whose units
   * and range it depends.
   */
  readonly of: "grey levels" | "numbers";
  /** How many examples are asked for it: fewer where one takes seconds. */
  readonly examples: number;
  /** ln p(x) of each example [N, …shape] in nats, exact or a lower bound, as {@link Method.likelihood} says. */
  logLikelihood(x: tf.Tensor): Promise<Float64Array>;
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
  readonly likelihood?: RunLikelihood;
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
  /** What {@link MethodRun.likelihood} is, by the kind of problem; null where there is none. */
  readonly likelihood: Readonly<Record<Problem["kind"], "exact" | "lower bound" | null>>;
  /** Kinds of problems it has a network for. */
  readonly problems: readonly Problem["kind"][];
  /** Learning rate where none is asked for, by the kind of problem. */
  readonly learningRate: Readonly<Record<Problem["kind"], number>>;
  begin(problem: Problem, options: BeginOptions): MethodRun;
}
