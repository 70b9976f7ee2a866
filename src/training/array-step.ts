import * as tf from "../runtime/tf.js";
import { adamWArrays, adamWScalars } from "./adamw.js";
import { clipArray } from "./clip.js";
import { averageArrays, averageDecayAt } from "./ema.js";
import {
  isTaken,
  lossAndGradient,
  type CarriedState,
  type StepForm,
  type StepResult,
  type TrainingStepOptions,
} from "./step-form.js";
import type { Batch, TrainingTask } from "./task.js";

/** Loss and gradient in tensors, the optimiser over plain arrays. */
export class ArrayStep implements StepForm {
  constructor(
    private readonly task: TrainingTask,
    private readonly options: TrainingStepOptions,
    private carried: CarriedState,
  ) {}

  /** {@link StepForm.run}: loss and gradient are read back, and the optimiser's arrays replaced by new ones. */
  run(batch: Batch, learningRate: number, step: number): StepResult {
    const { adamW, maxGradientNorm, averageDecay } = this.options;
    const { loss, gradient, losses } = this.read(batch);
    const { clipped, norm } = clipArray(gradient, maxGradientNorm);
    const result = { loss, gradientNorm: norm, losses };
    if (!isTaken(result)) return result;
    const { parameters } = this.task;
    const { mean, meanSquare, average } = this.carried;
    const scalars = adamWScalars(adamW, learningRate, step);
    const next = adamWArrays({ values: parameters.toFlat(), mean, meanSquare }, clipped, scalars, adamW);
    this.carried = {
      mean: next.mean,
      meanSquare: next.meanSquare,
      average: averageArrays(average, next.values, averageDecayAt(averageDecay, step)),
    };
    parameters.assignFlat(next.values);
    return result;
  }

  /** {@link StepForm.save} */
  save(): CarriedState {
    const { mean, meanSquare, average } = this.carried;
    return { mean: mean.slice(), meanSquare: meanSquare.slice(), average: average.slice() };
  }

  /** {@link StepForm.restore} */
  restore({ mean, meanSquare, average }: CarriedState): void {
    this.carried = { mean: mean.slice(), meanSquare: meanSquare.slice(), average: average.slice() };
  }

  /** {@link StepForm.dispose} */
  dispose(): void {
    // Arrays need no freeing.
  }

  private read(batch: Batch): { loss: number; gradient: Float32Array; losses: Float32Array } {
    const { loss, gradient, losses } = tf.tidy(() => lossAndGradient(this.task, batch));
    const values = {
      loss: loss.dataSync()[0],
      gradient: gradient.dataSync() as Float32Array,
      losses: losses.dataSync() as Float32Array,
    };
    tf.dispose([loss, gradient, losses]);
    return values;
  }
}
