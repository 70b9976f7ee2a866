import type * as tf from "../tf.js";
import { CompileError } from "./errors.js";

/** Gives captured tensors the data of stand-ins while `use` runs, so that what reads them is recorded. */
export function lendStandIns<T>(
  name: string,
  names: readonly string[],
  tensors: readonly tf.Tensor[],
  standIns: readonly tf.Tensor[],
  use: () => T,
): T {
  const own = tensors.map((tensor) => tensor.dataId);
  tensors.forEach((tensor, i) => setData(tensor, standIns[i].dataId));
  try {
    const result = use();
    const assigned = tensors.findIndex((tensor, i) => tensor.dataId !== standIns[i].dataId);
    if (assigned >= 0) {
      throw new CompileError(
        `compile: "${name}" assigns the variable "${names[assigned]}", which a graph cannot do: return the new value ` +
          "and assign it after the call",
      );
    }
    return result;
  } finally {
    tensors.forEach((tensor, i) => setData(tensor, own[i]));
  }
}

function setData(tensor: tf.Tensor, dataId: object): void {
  (tensor as { dataId: object }).dataId = dataId;
}
