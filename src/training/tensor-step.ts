import * as tf from "../runtime/tf.js";
import { compile, type Compiled } from "../compile/index.js";
import { adamWScalars, adamWUpdate } from "./adamw.js";
import { clipGlobalNorm } from "./clip.js";
import { averageDecayAt, movingAverage } from "./ema.js";
import { prefixed, selected } from "./named-tensors.js";
import {
  flat,
  isTaken,
  lossAndGradient,
  type CarriedState,
  type StepForm,
  type StepResult,
  type TrainingStepOptions,
} from "./step-form.js";
import type { Batch, TrainingTask } from "./task.js";

type Tensors = Record<string, tf.Tensor>;

/** The whole step in tensors, as one graph where graphs can be recorded; what is carried along stays in tensors. */
export class TensorStep implements StepForm {
  private carried: Tensors;
  private readonly compiled: Compiled<Tensors, Tensors>;

  constructor(
    private readonly task: TrainingTask,
    private readonly options: TrainingStepOptions,
    carried: CarriedState,
  ) {
    this.carried = upload(carried);
    this.compiled = compile((inputs: Tensors) => this.program(inputs), {
      name: "training step",
      captures: task.parameters.tensors,
      precision: options.precision,
    });
  }

  run(batch: Batch, learningRate: number, step: number): StepResult {
    const { adamW, averageDecay } = this.options;
    const numbers = { ...adamWScalars(adamW, learningRate, step), decay: averageDecayAt(averageDecay, step) };
    const scalars = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, tf.scalar(value)]));
    const { loss, norm, losses, ...next } = this.outputs(batch, scalars);
    const result = {
      loss: loss.dataSync()[0],
      gradientNorm: norm.dataSync()[0],
      losses: losses ? Float32Array.from(losses.dataSync()) : new Float32Array(0),
    };
    tf.dispose([loss, norm, ...(losses ? [losses] : [])]);
    if (isTaken(result)) this.accept(next);
    else tf.dispose(next);
    return result;
  }

  private outputs(batch: Batch, scalars: Tensors): Tensors {
    try {
      return this.compiled({
        ...prefixed("batch", batch),
        ...prefixed("carried", this.carried),
        ...prefixed("scalar", scalars),
      });
    } finally {
      tf.dispose(scalars as Record<string, tf.Tensor>);
    }
  }

  save(): CarriedState {
    const { mean, meanSquare, average } = this.carried;
    const read = (tensor: tf.Tensor): Float32Array => Float32Array.from(tensor.dataSync());
    return { mean: read(mean), meanSquare: read(meanSquare), average: read(average) };
  }

  restore(carried: CarriedState): void {
    tf.dispose(this.carried);
    this.carried = upload(carried);
  }

  dispose(): void {
    tf.dispose(this.carried);
    this.compiled.dispose();
  }

  private accept(next: Tensors): void {
    const values = selected("value", next);
    for (const { name, variable } of this.task.parameters) variable.assign(values[name]);
    tf.dispose(values);
    tf.dispose(this.carried);
    this.carried = kept(selected("carried", next));
  }

  private program(inputs: Tensors): Tensors {
    const { parameters } = this.task;
    const { variables } = parameters;
    const { mean, meanSquare, average } = selected("carried", inputs);
    const { decay, rate, keep, correction } = selected("scalar", inputs);
    const { loss, gradient, losses } = lossAndGradient(this.task, selected("batch", inputs));
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
    const told: Tensors = this.task.feedback ? { losses } : {};
    return { loss, norm, ...told, ...prefixed("value", values), ...prefixed("carried", carried) };
  }
}

/** Copies to tensors: TensorFlow may keep the array it is handed. */
function upload({ mean, meanSquare, average }: CarriedState): Tensors {
  const tensor = (array: Float32Array): tf.Tensor => tf.tensor1d(array.slice());
  return kept({ mean: tensor(mean), meanSquare: tensor(meanSquare), average: tensor(average) });
}

/** A `tf.tidy` around the caller's steps must not free what the next ones need. */
function kept(tensors: Tensors): Tensors {
  for (const tensor of Object.values(tensors)) tf.keep(tensor);
  return tensors;
}
