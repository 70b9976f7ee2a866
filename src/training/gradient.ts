/** The gradient of a phase's loss, and what else the loss gives. */
import { mapTree, type Tree } from "../base/tree.js";
import type { TensorRecord } from "../compile/index.js";
import * as tf from "../runtime/tf.js";
import type { PhaseLoss, TrainingPhase } from "./task.js";

/**
 * What a phase makes of a batch, and the gradient of its loss by all it trains as one vector.
 *
 * @throws Error if the loss reaches none of the parameters; RangeError for a buffer that does not exist or of another
 *   shape
 */
export function lossAndGradient(phase: TrainingPhase, batch: TensorRecord): PhaseLoss & { gradient: tf.Tensor1D } {
  const { variables } = phase.trains;
  let besides: Besides = {};
  const forward = (): tf.Scalar => {
    const { loss, ...rest } = phase.loss(batch);
    requireBuffers(phase, rest.buffers ?? {});
    // TensorFlow.js frees all that the forward pass makes but the loss.
    besides = mapped(rest, (tensor) => tf.keep(tf.clone(tensor)));
    return loss;
  };
  try {
    const { value: loss, grads } = tf.engine().gradients<tf.Scalar>(forward, variables, undefined, true);
    if (grads.every((gradient) => !gradient)) {
      throw new Error(`the loss of phase "${phase.name}" reaches none of the parameters: nothing would be learned`);
    }
    // A parameter the loss does not reach has no gradient, which is a gradient of zero.
    const gradient = flat(variables.map((variable, i) => grads[i] ?? tf.zerosLike(variable)));
    return { loss, gradient, ...mapped(besides, (tensor) => tf.clone(tensor)) };
  } finally {
    tf.dispose(besides as tf.TensorContainer);
  }
}

type Besides = Omit<PhaseLoss, "loss">;

function mapped(besides: Besides, fn: (tensor: tf.Tensor) => tf.Tensor): Besides {
  return mapTree(besides as Tree<tf.Tensor>, fn) as Besides;
}

function requireBuffers({ name, trains }: TrainingPhase, given: Readonly<Record<string, tf.Tensor>>): void {
  const shapes = new Map(trains.buffers.map(({ name: buffer, variable }) => [buffer, String(variable.shape)]));
  for (const [buffer, { shape }] of Object.entries(given)) {
    const expected = shapes.get(buffer);
    if (expected === undefined) {
      const known = shapes.size > 0 ? `it has ${[...shapes.keys()].join(", ")}` : "it has none";
      throw new RangeError(`phase "${name}" gives a buffer "${buffer}" that is not among what it trains: ${known}`);
    }
    if (String(shape) !== expected) {
      throw new RangeError(`the buffer "${buffer}" has shape [${expected}], phase "${name}" gives [${shape}]`);
    }
  }
}

/** Tensors end to end. */
export function flat(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.concat(tensors.map((tensor) => tf.reshape(tensor, [-1]) as tf.Tensor1D));
}
