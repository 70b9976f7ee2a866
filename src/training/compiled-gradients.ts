import * as tf from "../tf.js";
import { compile } from "../compile/index.js";
import type { GradientFunction } from "./gradients.js";
import type { Batch, TrainingTask } from "./task.js";

/**
 * Loss and gradients as one TensorFlow graph, recorded at the first step; equal to `eagerGradients` up to rounding.
 * Without the native backend, or with `DIFFUSION_LAB_COMPILE=0`, the same computation runs operation by operation.
 */
export function compiledGradients(task: TrainingTask): GradientFunction {
  const { parameters } = task;
  const compiled = compile(
    (batch: Batch) => {
      const { value, grads } = tf.variableGrads(() => task.loss(batch), parameters.variables);
      // A parameter the loss does not reach has no gradient, which is a gradient of zero.
      const flat = parameters.variables.map((variable) =>
        tf.reshape(grads[variable.name] ?? tf.zerosLike(variable), [-1]),
      );
      return { loss: value as tf.Tensor, gradients: tf.concat(flat) as tf.Tensor };
    },
    {
      name: "gradients of the training step",
      captures: parameters.tensors,
    },
  );
  const gradientsOf = (batch: Batch) => {
    const outputs = compiled(batch);
    const loss = outputs.loss.dataSync()[0];
    // The optimiser writes into the array, which may be TensorFlow's own.
    const gradients = Float32Array.from(outputs.gradients.dataSync());
    tf.dispose(outputs);
    return { loss, gradients };
  };
  return Object.assign(gradientsOf, { dispose: () => compiled.dispose() });
}
