/** The training loop: run, stop, save, restore, lend the averaged parameters. */
import { requireText, requireFunction } from "../base/values.js";
import { requireKnownKeys } from "../base/check.js";
import type { TensorRecord } from "../compile/index.js";
import { interruptible } from "../runtime/interrupt.js";
import * as tf from "../runtime/tf.js";
import { nextTurn } from "../runtime/turn.js";
import type { TrainerOptions } from "./phase-settings.js";
import { readTrainingState, writeTrainingState } from "./state-file.js";
import { TrainingStep, type PhaseReport, type StepResult, type StepState } from "./step.js";
import type { TrainingTask } from "./task.js";

/** Loss, rate and norm are those of the first phase, which is the only one of most tasks. */
export interface StepReport extends Omit<PhaseReport, "metrics"> {
  /** Steps done, this one included. */
  readonly step: number;
  /** Every phase that took part in the step, by name. */
  readonly phases: Readonly<Record<string, PhaseReport>>;
}

export interface RunOptions {
  /** Stops after the step under way. */
  readonly signal?: AbortSignal;
  /** If it returns a promise, the next step waits for it: so it may draw samples {@link Trainer.withAverage}. */
  readonly onStep?: (report: StepReport) => unknown;
}

/** A loss, gradient or buffer that is not finite. The parameters of all phases are still those of the step before. */
export class TrainingDivergedError extends Error {
  override readonly name = "TrainingDivergedError";

  /** @param phase whose numbers are not finite */
  constructor(
    readonly report: StepReport,
    readonly phase: string,
    several = false,
  ) {
    const { loss, gradientNorm, learningRate } = report.phases[phase];
    super(
      `training stopped at step ${report.step}${several ? ` in phase "${phase}"` : ""}: ` +
        `loss ${loss}, gradient norm ${gradientNorm}, learning rate ${learningRate}. ` +
        "The parameters are those of the step before; " +
        "lower the learning rate or maxGradientNorm, or look for NaN in the data",
    );
  }
}

/** From one turn of the event loop to the next, in ms. */
const TURN = 50;

/**
 * Trains a task, with clipping by global norm and a moving average for each of its phases. Made before the training
 * starts and good for any number of runs: `run` can be stopped and called again, saved and restored, and always continues
 * with the next step.
 *
 * @example
 * const trainer = new Trainer(task, { learningRate: 2e-4 });
 * await trainer.run(500, { onStep: ({ step, loss }) => console.log(step, loss) });
 */
export class Trainer {
  /** The loss of each step so far, of the first phase. */
  readonly losses: number[] = [];
  private readonly trainingStep: TrainingStep;
  /** The parameters of each phase while the networks have the averaged ones. */
  private lent: Map<string, Float32Array> | undefined;

  /** @throws RangeError naming an option unknown or out of range, and for precision "bf16" on a processor without it */
  constructor(
    readonly task: TrainingTask,
    options: TrainerOptions = {},
  ) {
    this.trainingStep = new TrainingStep(task, options);
  }

  /** Steps done. */
  get step(): number {
    return this.losses.length;
  }

  /** The moving average of the parameters of the only phase, flat; a copy. @throws Error if there are several phases */
  get averageValues(): Float32Array {
    const [{ name }, ...others] = this.task.phases;
    if (others.length === 0) return this.averageOf(name);
    const calls = this.task.phases.map((phase) => `averageOf("${phase.name}")`);
    throw new Error(`each phase has an average of its own: ask for ${calls.join(" or ")}`);
  }

  /** The moving average of what a phase trains, flat; a copy. @throws RangeError if there is no such phase */
  averageOf(phase: string): Float32Array {
    return this.trainingStep.average(phase);
  }

  /**
   * The training loop, one step at each `next()`.
   *
   * @throws RangeError for a bad count, TrainingDivergedError when a loss or gradient is not finite, Error while the
   *   averaged parameters are lent
   */
  *steps(count: number): Generator<StepReport, void> {
    if (!Number.isInteger(count) || count < 0)
      throw new RangeError(`steps to train must be a whole number ≥ 0, got ${count}`);
    for (let i = 0; i < count; i++) {
      this.requireParameters("training on");
      const step = this.step + 1;
      const { phases, diverged } = this.runAndDispose(this.task.batch(step), step);
      const { loss, learningRate, gradientNorm } = phases[this.task.phases[0].name];
      const report = { step, loss, learningRate, gradientNorm, phases };
      if (diverged !== undefined) throw new TrainingDivergedError(report, diverged, this.task.phases.length > 1);
      this.losses.push(loss);
      yield report;
    }
  }

  private runAndDispose(batch: TensorRecord, step: number): StepResult {
    try {
      return this.trainingStep.run(batch, step);
    } finally {
      tf.dispose(batch as tf.TensorContainer);
    }
  }

  /**
   * Trains `count` more steps, giving way to the event loop every 50 ms. Resolves with the last report, also when
   * `signal` stops it early. Without a signal, Ctrl-C or a notebook's stop button ends it after the step under way.
   *
   * @throws InterruptedError after Ctrl-C or the stop button; the trainer is whole, and another `run` goes on
   */
  async run(count: number, options: RunOptions = {}): Promise<StepReport | undefined> {
    requireKnownKeys("Trainer.run", options, { signal: "a signal", onStep: "a function" });
    const { signal: given, onStep } = options;
    return interruptible(given, "training was interrupted; run goes on with the next step", async (signal) => {
      let last: StepReport | undefined;
      let turn = performance.now();
      if (signal.aborted) return last;
      for (const report of this.steps(count)) {
        last = report;
        const answer = onStep?.(report);
        if (answer instanceof Promise) await answer;
        if (performance.now() - turn > TURN) {
          await nextTurn();
          turn = performance.now();
        }
        if (signal.aborted) break;
      }
      if (!given) signal.throwIfAborted();
      return last;
    });
  }

  /** Lends the averaged parameters of every phase to the networks while `use` runs. */
  async withAverage<T>(use: () => T | Promise<T>): Promise<T> {
    requireFunction("use", use, "() => sample(…)");
    if (this.lent) return use();
    const { phases } = this.task;
    const lent = new Map(phases.map(({ name, trains }) => [name, trains.toFlat()]));
    this.lent = lent;
    for (const { name, trains } of phases) trains.assignFlat(this.averageOf(name));
    try {
      return await use();
    } finally {
      for (const { name, trains } of phases) trains.assignFlat(lent.get(name)!);
      this.lent = undefined;
    }
  }

  private requireParameters(before: string): void {
    if (this.lent) throw new Error(`the averaged parameters are in use: let withAverage finish before ${before}`);
  }

  /**
   * Writes what the steps so far have made, atomically: of every phase parameters, buffers, the optimiser's state and the
   * average, and the losses. How steps are taken (the task with its seed and data, and {@link TrainerOptions}) is not in it.
   */
  save(path: string): void {
    requireText("path", path, "the name of a file");
    writeTrainingState(path, this.task, { ...this.state(), losses: Float64Array.from(this.losses) });
  }

  /** With the parameters that are trained, also while the averaged ones are lent. */
  private state(): StepState {
    const state = this.trainingStep.save();
    const { lent } = this;
    if (!lent) return state;
    const phases = Object.entries(state.phases).map(([name, phase]) => [name, { ...phase, values: lent.get(name)! }]);
    return { ...state, phases: Object.fromEntries(phases) as StepState["phases"] };
  }

  /**
   * Continues where a saved training was: to the same numbers, if task and options are as they were then. Throws,
   * changing nothing, if the file is damaged or of another training.
   */
  restore(path: string): void {
    requireText("path", path, "the name of a file");
    this.requireParameters("restoring");
    const state = readTrainingState(path, this.task);
    this.trainingStep.restore(state);
    this.losses.splice(0, Infinity, ...state.losses);
  }

  /** Frees what the step holds; the parameters belong to the task. */
  dispose(): void {
    this.trainingStep.dispose();
  }
}
