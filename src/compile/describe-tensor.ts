import * as tf from "../runtime/tf.js";
import type { NativeBackend } from "./native-backend.js";

export function describeTensor(tensor: tf.TensorInfo): string {
  const kind = tensor instanceof tf.Variable ? `the variable "${tensor.name}"` : "a tensor";
  return `${kind} of shape [${tensor.shape}], ${tensor.dtype}`;
}

/**
 * A tensor made before the recording, said so that its owner knows it: a variable by its name, whatever handle was used;
 * another by its first values, as TensorFlow.js names no other tensors.
 */
export function describeOutsider(backend: NativeBackend, dataId: object, description: string): string {
  const variables = Object.values(tf.engine().state.registeredVariables);
  const variable = variables.find((candidate) => candidate.dataId === dataId);
  if (variable) return describeTensor(variable);
  const { id, values } = backend.tensorMap.get(dataId);
  const held = (values ?? backend.binding.tensorDataSync(id)) as ArrayLike<unknown>;
  const first = Array.from({ length: Math.min(held.length, 4) }, (_, i) => String(held[i]));
  return `${description}, holding ${first.join(", ")}${held.length > first.length ? ", …" : ""}`;
}
