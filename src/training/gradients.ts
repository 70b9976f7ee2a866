import * as tf from "../tf.js";
import type { Batch, TrainingTask } from "./task.js";

export interface LossAndGradients {
  readonly loss: number;
  /** Flat, in the order of the parameters. */
  readonly gradients: Float32Array;
}

/** Computes loss and gradients of a batch; may hold native resources until disposed. */
export interface GradientFunction {
  (batch: Batch): LossAndGradients;
  dispose(): void;
}

/** The straightforward way: TensorFlow.js records the loss and walks it back, one operation at a time. */
export function eagerGradients(task: TrainingTask): GradientFunction {
  const gradientsOf = (batch: Batch): LossAndGradients => {
    const { value, grads } = tf.variableGrads(() => task.loss(batch), task.parameters.variables);
    const gradients = new Float32Array(task.parameters.count);
    let offset = 0;
    for (const { variable } of task.parameters) {
      // A parameter the loss does not reach has no gradient, which is a gradient of zero.
      const gradient = grads[variable.name];
      if (gradient) gradients.set(gradient.dataSync() as Float32Array, offset);
      offset += variable.size;
    }
    const loss = value.dataSync()[0];
    tf.dispose([value, grads]);
    return { loss, gradients };
  };
  return Object.assign(gradientsOf, { dispose: () => {} });
}
