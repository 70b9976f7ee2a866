import * as tf from "../runtime/tf.js";
import { requirePrecision } from "../compile/index.js";
import { ArrayStep } from "./array-step.js";
import { averageDecayAt } from "./ema.js";
import { isTaken, type CarriedState, type StepForm, type StepResult, type TrainingStepOptions } from "./step-form.js";
import type { Batch, TrainingTask } from "./task.js";
import { TensorStep } from "./tensor-step.js";

export type { StepResult, TrainingStepOptions } from "./step-form.js";

/** What the steps so far have made and the next one starts from: each array is flat, in the order of the parameters. */
export interface StepState extends CarriedState {
  readonly values: Float32Array;
  /** What the task's feedback remembers; empty without one. */
  readonly memory: Float32Array;
}

/**
 * One step of training: loss, gradients, clipping by global norm, AdamW, moving average. With native TensorFlow all of
 * it is one graph (see `compile`). On the pure-JavaScript backend the optimiser runs over plain arrays, in a seventh of
 * the time its operations on tensors take there. Both give the same numbers up to rounding.
 *
 * The parameters live in the task's variables, what else is carried along lives here.
 */
export class TrainingStep {
  private readonly form: StepForm;

  constructor(
    private readonly task: TrainingTask,
    options: TrainingStepOptions,
  ) {
    averageDecayAt(options.averageDecay, 1);
    requirePrecision(options.precision ?? "float32");
    const { count } = task.parameters;
    const [mean, meanSquare] = [new Float32Array(count), new Float32Array(count)];
    const Form = tf.getBackend() === "tensorflow" ? TensorStep : ArrayStep;
    this.form = new Form(task, options, { mean, meanSquare, average: task.parameters.toFlat() });
  }

  /**
   * Takes the step, unless loss or gradient is not finite: then nothing changes.
   *
   * @param step counts from 1
   */
  run(batch: Batch, learningRate: number, step: number): StepResult {
    const result = this.form.run(batch, learningRate, step);
    if (isTaken(result)) this.task.feedback?.observe(step, result.losses);
    return result;
  }

  /** A copy of what the next step starts from. */
  save(): StepState {
    const memory = this.task.feedback?.save() ?? new Float32Array(0);
    return { values: this.task.parameters.toFlat(), ...this.form.save(), memory };
  }

  /**
   * Goes back to what {@link save} gave, parameters and the task's memory included.
   *
   * @throws RangeError, changing nothing, if the state is of another number of parameters
   */
  restore(state: StepState): void {
    const { count } = this.task.parameters;
    for (const name of ["values", "mean", "meanSquare", "average"] as const) {
      const { length } = state[name];
      if (length !== count)
        throw new RangeError(`${name} holds ${length} numbers, the network has ${count}: this state is of another one`);
    }
    this.task.feedback?.restore(state.memory);
    this.form.restore(state);
    this.task.parameters.assignFlat(state.values);
  }

  /** Frees the graph and what is carried; the parameters belong to the task. */
  dispose(): void {
    this.form.dispose();
  }
}
