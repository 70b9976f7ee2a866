import { setImmediate as nextTurn } from "node:timers/promises";
import { interruptible } from "../runtime/interrupt.js";
import * as tf from "../runtime/tf.js";
import type { Precision } from "../compile/index.js";
import { adamWOptions, type AdamWOptions } from "./adamw.js";
import { checkLearningRate, learningRateAt, type LearningRate } from "./learning-rate.js";
import { readTrainingState, writeTrainingState } from "./state-file.js";
import { TrainingStep } from "./step.js";
import type { Batch, TrainingTask } from "./task.js";

export interface TrainerOptions {
  /** A constant rate or a {@link LearningRate}; default 2e-4. */
  readonly learningRate?: number | LearningRate;
  readonly adamW?: AdamWOptions;
  /** Gradients are scaled down to this global norm, default 1. */
  readonly maxGradientNorm?: number;
  /** Decay of the average of parameters, default 0.999. */
  readonly averageDecay?: number;
  /**
   * How convolutions and matrix products compute, default "float32". "bf16" rounds their operands and results to
   * bfloat16: faster on processors with AVX512_BF16 or AMX, with gradients that differ by about 1 %.
   */
  readonly precision?: Precision;
}

export interface StepReport {
  /** Steps done, this one included. */
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
  /** Before clipping. */
  readonly gradientNorm: number;
}

export interface RunOptions {
  /** Stops after the step under way. */
  readonly signal?: AbortSignal;
  /** If it returns a promise, the next step waits for it: so it may draw samples {@link Trainer.withAverage}. */
  readonly onStep?: (report: StepReport) => unknown;
}

/** A loss or gradient that is not finite. The parameters are still those of the step before. */
export class TrainingDivergedError extends Error {
  override readonly name = "TrainingDivergedError";
  constructor(readonly report: StepReport) {
    super(
      `training stopped at step ${report.step}: loss ${report.loss}, gradient norm ${report.gradientNorm}, ` +
        `learning rate ${report.learningRate}. The parameters are those of the step before; ` +
        `lower the learning rate or maxGradientNorm, or look for NaN in the data`,
    );
  }
}

/**
 * Trains a task: AdamW, clipping by global norm, moving average. Made before the training starts and good for any
 * number of runs: `run` can be stopped and called again, saved and restored, and always continues with the next step.
 *
 * @example
 * const trainer = new Trainer(task, { learningRate: 2e-4 });
 * await trainer.run(500, { onStep: ({ step, loss }) => console.log(step, loss) });
 */
export class Trainer {
  /** The loss of each step so far. */
  readonly losses: number[] = [];
  private readonly rate: LearningRate;
  private readonly trainingStep: TrainingStep;
  /** The parameters while the network has the averaged ones. */
  private own: Float32Array | undefined;

  /** @throws RangeError naming an option out of range, and for precision "bf16" on a processor without it */
  constructor(
    readonly task: TrainingTask,
    options: TrainerOptions = {},
  ) {
    const { learningRate = 2e-4, maxGradientNorm = 1, averageDecay = 0.999 } = options;
    this.rate = typeof learningRate === "number" ? { peak: learningRate } : learningRate;
    checkLearningRate(this.rate);
    if (!(maxGradientNorm > 0)) throw new RangeError(`maxGradientNorm must be positive, got ${maxGradientNorm}`);
    const adamW = adamWOptions(options.adamW);
    const { precision } = options;
    this.trainingStep = new TrainingStep(task, { adamW, maxGradientNorm, averageDecay, precision });
  }

  /** Steps done. */
  get step(): number {
    return this.losses.length;
  }

  /** The moving average of the parameters, flat; a copy. */
  get averageValues(): Float32Array {
    return this.trainingStep.save().average;
  }

  /**
   * The training loop, one step at each `next()`.
   *
   * @throws RangeError for a bad count, TrainingDivergedError when loss or gradient are not finite, Error while the
   *   averaged parameters are lent
   */
  *steps(count: number): Generator<StepReport, void> {
    if (!Number.isInteger(count) || count < 0)
      throw new RangeError(`steps to train must be a whole number ≥ 0, got ${count}`);
    for (let i = 0; i < count; i++) {
      this.requireOwnParameters("training on");
      const step = this.step + 1;
      const learningRate = learningRateAt(this.rate, step);
      const batch = this.task.batch(step);
      const { loss, gradientNorm } = this.runAndDispose(batch, learningRate, step);
      const report = { step, loss, learningRate, gradientNorm };
      if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) throw new TrainingDivergedError(report);
      this.losses.push(loss);
      yield report;
    }
  }

  private runAndDispose(batch: Batch, learningRate: number, step: number): ReturnType<TrainingStep["run"]> {
    try {
      return this.trainingStep.run(batch, learningRate, step);
    } finally {
      tf.dispose(Object.values(batch));
    }
  }

  /**
   * Trains `count` more steps, giving way to the event loop every 50 ms. Resolves with the last report, also when
   * `signal` stops it early. Without a signal, Ctrl-C or a notebook's stop button ends it after the step under way.
   *
   * @throws InterruptedError then; the trainer is whole, and another `run` goes on
   */
  async run(count: number, { signal: given, onStep }: RunOptions = {}): Promise<StepReport | undefined> {
    return interruptible(given, "training was interrupted; run goes on with the next step", async (signal) => {
      let last: StepReport | undefined;
      let turn = performance.now();
      if (signal.aborted) return last;
      for (const report of this.steps(count)) {
        last = report;
        const answer = onStep?.(report);
        if (answer instanceof Promise) await answer;
        if (performance.now() - turn > 50) {
          await nextTurn();
          turn = performance.now();
        }
        if (signal.aborted) break;
      }
      if (!given) signal.throwIfAborted();
      return last;
    });
  }

  /** Lends the averaged parameters to the network while `use` runs. */
  async withAverage<T>(use: () => T | Promise<T>): Promise<T> {
    if (this.own) return use();
    this.own = this.task.parameters.toFlat();
    this.task.parameters.assignFlat(this.averageValues);
    try {
      return await use();
    } finally {
      this.task.parameters.assignFlat(this.own);
      this.own = undefined;
    }
  }

  private requireOwnParameters(before: string): void {
    if (this.own) throw new Error(`the averaged parameters are in use: let withAverage finish before ${before}`);
  }

  /**
   * Writes what the steps so far have made, atomically: parameters, moments, average, losses. How steps are taken (the
   * task with its seed and data, and {@link TrainerOptions}) is not in it.
   */
  save(path: string): void {
    const state = this.trainingStep.save();
    writeTrainingState(path, this.task.parameters, {
      ...state,
      values: this.own ?? state.values,
      losses: Float64Array.from(this.losses),
    });
  }

  /**
   * Continues where a saved training was: to the same numbers, if task and options are as they were then. Throws,
   * changing nothing, if the file is damaged or of another network.
   */
  restore(path: string): void {
    this.requireOwnParameters("restoring");
    const state = readTrainingState(path, this.task);
    this.trainingStep.restore(state);
    this.losses.splice(0, Infinity, ...state.losses);
  }

  /** Frees what the step holds; the parameters belong to the task. */
  dispose(): void {
    this.trainingStep.dispose();
  }
}
