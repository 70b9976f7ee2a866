import * as tf from "../tf.js";
import { compile, type Compiled, type Precision } from "../compile/index.js";
import { adamWScalars, adamWUpdate, type AdamWOptions } from "./adamw.js";
import { clipGlobalNorm } from "./clip.js";
import { averageDecayAt, movingAverage } from "./ema.js";
import type { Batch, TrainingTask } from "./task.js";

export interface TrainingStepOptions {
  readonly adamW: Required<AdamWOptions>;
  readonly maxGradientNorm: number;
  readonly averageDecay: number;
  /** Default "float32". */
  readonly precision?: Precision;
}

/** What a training carries from step to step: each array is flat, in the order of the parameters. */
export interface StepState {
  readonly values: Float32Array;
  /** Moving averages of gradients and of squared gradients. */
  readonly mean: Float32Array;
  readonly meanSquare: Float32Array;
  /** Moving average of the parameters. */
  readonly average: Float32Array;
}

type Tensors = Record<string, tf.Tensor>;

const CARRIED = ["mean", "meanSquare", "average"] as const;

/**
 * One step of training, recorded as one graph: loss, gradients, clipping by global norm, AdamW, moving average.
 *
 * The parameters live in the task's variables, what else is carried along lives here.
 */
export class TrainingStep {
  private carried: Tensors;
  private readonly compiled: Compiled<Tensors, Tensors>;

  constructor(
    private readonly task: TrainingTask,
    private readonly options: TrainingStepOptions,
  ) {
    averageDecayAt(options.averageDecay, 1);
    const { variables, count } = task.parameters;
    this.carried = tf.tidy(() => ({
      mean: tf.fill([count], 0),
      meanSquare: tf.fill([count], 0),
      average: flat(variables),
    }));
    this.compiled = compile((inputs: Tensors) => this.program(inputs), {
      name: "training step",
      captures: task.parameters.tensors,
      precision: options.precision,
    });
  }

  /**
   * Takes the step, unless loss or gradient is not finite: then nothing changes.
   *
   * @param step counts from 1
   * @returns the loss, and the norm of the gradient before clipping
   */
  run(batch: Batch, learningRate: number, step: number): { loss: number; gradientNorm: number } {
    const { adamW, averageDecay } = this.options;
    const numbers = { ...adamWScalars(adamW, learningRate, step), decay: averageDecayAt(averageDecay, step) };
    const scalars = Object.fromEntries(
      Object.entries(numbers).map(([name, value]) => [name, tf.scalar(value)]),
    );
    const { loss, norm, ...next } = this.compiled({
      ...prefixed("batch", batch),
      ...prefixed("carried", this.carried),
      ...prefixed("scalar", scalars),
    });
    const report = { loss: loss.dataSync()[0], gradientNorm: norm.dataSync()[0] };
    tf.dispose([loss, norm, ...Object.values(scalars)]);
    if (Number.isFinite(report.loss) && Number.isFinite(report.gradientNorm)) this.accept(next);
    else tf.dispose(next);
    return report;
  }

  /** A copy of everything the next step depends on. */
  save(): StepState {
    const [mean, meanSquare, average] = CARRIED.map((name) =>
      Float32Array.from(this.carried[name].dataSync()),
    );
    return { values: this.task.parameters.toFlat(), mean, meanSquare, average };
  }

  restore(state: StepState): void {
    const { mean, meanSquare, average } = state;
    tf.dispose(this.carried);
    this.carried = upload({ mean, meanSquare, average });
    this.task.parameters.assignFlat(state.values);
  }

  /** Frees the graph and what is carried; the parameters belong to the task. */
  dispose(): void {
    tf.dispose(this.carried);
    this.compiled.dispose();
  }

  private accept(next: Tensors): void {
    const values = selected("value", next);
    for (const { name, variable } of this.task.parameters) variable.assign(values[name]);
    tf.dispose(values);
    tf.dispose(this.carried);
    this.carried = selected("carried", next);
  }

  private program(inputs: Tensors): Tensors {
    const { parameters } = this.task;
    const { variables } = parameters;
    const { mean, meanSquare, average } = selected("carried", inputs);
    const { decay, rate, keep, correction } = selected("scalar", inputs);
    const { value: loss, grads } = tf.variableGrads(
      () => this.task.loss(selected("batch", inputs)),
      variables,
    );
    // A parameter the loss does not reach has no gradient, which is a gradient of zero.
    const gradient = flat(variables.map((variable) => grads[variable.name] ?? tf.zerosLike(variable)));
    const { clipped, norm } = clipGlobalNorm(gradient, this.options.maxGradientNorm);
    const state = { values: flat(variables), mean, meanSquare };
    const next = adamWUpdate(state, clipped, { rate, keep, correction }, this.options.adamW);
    const sizes = variables.map((variable) => variable.size);
    const pieces = tf.split(next.values, sizes).map((piece, i) => tf.reshape(piece, variables[i].shape));
    const carried = {
      mean: next.mean,
      meanSquare: next.meanSquare,
      average: movingAverage(average, next.values, decay),
    };
    const values = Object.fromEntries(parameters.names.map((name, i) => [name, pieces[i]]));
    return { loss, norm, ...prefixed("value", values), ...prefixed("carried", carried) };
  }
}

function flat(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.concat(tensors.map((tensor) => tf.reshape(tensor, [-1]) as tf.Tensor1D));
}

/** Copies to tensors: TensorFlow may keep the array it is handed. */
function upload(arrays: Readonly<Record<string, Float32Array>>): Tensors {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [name, tf.tensor1d(array.slice())]),
  );
}

/** One record of tensors as part of a larger one, and back. */
function prefixed(prefix: string, tensors: Readonly<Tensors>): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${prefix}/${name}`, tensor]));
}

function selected(prefix: string, tensors: Readonly<Tensors>): Tensors {
  const start = `${prefix}/`;
  const own = Object.entries(tensors).filter(([name]) => name.startsWith(start));
  return Object.fromEntries(own.map(([name, tensor]) => [name.slice(start.length), tensor]));
}
