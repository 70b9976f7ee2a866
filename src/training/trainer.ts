import { setImmediate as nextTurn } from "node:timers/promises";
import * as tf from "../tf.js";
import { AdamW, type AdamWOptions } from "./adamw.js";
import { clipGlobalNorm } from "./clip.js";
import { compiledGradients } from "./compiled-gradients.js";
import { MovingAverage } from "./ema.js";
import type { GradientFunction } from "./gradients.js";
import { learningRateAt, type LearningRate } from "./learning-rate.js";
import { readTrainingState, writeTrainingState } from "./state-file.js";
import type { TrainingTask } from "./task.js";

export interface TrainerOptions {
  /** A constant rate or a {@link LearningRate}; default 2e-4. */
  readonly learningRate?: number | LearningRate;
  readonly adamW?: AdamWOptions;
  /** Gradients are scaled down to this global norm, default 1. */
  readonly maxGradientNorm?: number;
  /** Decay of the average of parameters, default 0.999. */
  readonly averageDecay?: number;
  /** How loss and gradients are computed, default {@link compiledGradients}. */
  readonly gradients?: (task: TrainingTask) => GradientFunction;
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
  readonly onStep?: (report: StepReport) => void;
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
  private readonly values: Float32Array;
  private readonly optimizer: AdamW;
  private readonly average: MovingAverage;
  private readonly rate: LearningRate;
  private readonly maxGradientNorm: number;
  private readonly gradientsOf: GradientFunction;
  private averaged = false;

  constructor(
    readonly task: TrainingTask,
    options: TrainerOptions = {},
  ) {
    const { learningRate = 2e-4, maxGradientNorm = 1, averageDecay = 0.999, gradients = compiledGradients } = options;
    this.rate = typeof learningRate === "number" ? { peak: learningRate } : learningRate;
    if (!(this.rate.peak > 0) || !Number.isFinite(this.rate.peak)) {
      throw new RangeError(`the learning rate must be positive and finite, got ${this.rate.peak}`);
    }
    if (!(maxGradientNorm > 0)) throw new RangeError(`maxGradientNorm must be positive, got ${maxGradientNorm}`);
    this.maxGradientNorm = maxGradientNorm;
    this.values = task.parameters.toFlat();
    this.optimizer = new AdamW(this.values.length, options.adamW);
    this.average = new MovingAverage(this.values, averageDecay);
    this.gradientsOf = gradients(task);
  }

  /** Steps done. */
  get step(): number {
    return this.losses.length;
  }

  /** The moving average of the parameters, flat; a copy. */
  get averageValues(): Float32Array {
    return this.average.values.slice();
  }

  /** The training loop, one step at each `next()`. */
  *steps(count: number): Generator<StepReport, void> {
    if (!Number.isInteger(count) || count < 0) throw new RangeError(`steps to train must be a whole number ≥ 0, got ${count}`);
    if (this.averaged) throw new Error("the averaged parameters are in use: let withAverage finish before training on");
    for (let i = 0; i < count; i++) {
      const step = this.step + 1;
      const learningRate = learningRateAt(this.rate, step);
      const batch = this.task.batch(step);
      const { loss, gradients } = this.gradientsOf(batch);
      tf.dispose(Object.values(batch));
      const gradientNorm = clipGlobalNorm(gradients, this.maxGradientNorm);
      const report = { step, loss, learningRate, gradientNorm };
      if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) throw new TrainingDivergedError(report);
      this.optimizer.update(this.values, gradients, learningRate, step);
      this.average.update(this.values, step);
      this.task.parameters.assignFlat(this.values);
      this.losses.push(loss);
      yield report;
    }
  }

  /** Trains `count` more steps, giving way to the event loop every 50 ms. Resolves with the last report. */
  async run(count: number, { signal, onStep }: RunOptions = {}): Promise<StepReport | undefined> {
    let last: StepReport | undefined;
    let turn = performance.now();
    if (signal?.aborted) return last;
    for (const report of this.steps(count)) {
      last = report;
      onStep?.(report);
      if (performance.now() - turn > 50) {
        await nextTurn();
        turn = performance.now();
      }
      if (signal?.aborted) break;
    }
    return last;
  }

  /** Lends the averaged parameters to the network while `use` runs. */
  async withAverage<T>(use: () => T | Promise<T>): Promise<T> {
    if (this.averaged) return use();
    this.averaged = true;
    this.task.parameters.assignFlat(this.average.values);
    try {
      return await use();
    } finally {
      this.task.parameters.assignFlat(this.values);
      this.averaged = false;
    }
  }

  /** Writes everything the next step depends on, atomically. */
  save(path: string): void {
    writeTrainingState(path, {
      parameters: this.task.parameters.names,
      values: this.values,
      mean: this.optimizer.mean,
      meanSquare: this.optimizer.meanSquare,
      average: this.average.values,
      losses: Float64Array.from(this.losses),
    });
  }

  /** Continues where a saved training was. Throws, changing nothing, if the file is damaged or of another network. */
  restore(path: string): void {
    const state = readTrainingState(path, this.task.parameters);
    this.values.set(state.values);
    this.optimizer.mean.set(state.mean);
    this.optimizer.meanSquare.set(state.meanSquare);
    this.average.values.set(state.average);
    this.losses.splice(0, Infinity, ...state.losses);
    this.task.parameters.assignFlat(this.values);
  }

  /** Frees what computing gradients holds; the parameters belong to the task. */
  dispose(): void {
    this.gradientsOf.dispose();
  }
}
