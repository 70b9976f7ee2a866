import type * as tf from "../runtime/tf.js";

/** Gives captured tensors the data of stand-ins while `use` runs, so that what reads them is recorded. */
export function lendStandIns<T>(tensors: readonly tf.Tensor[], standIns: readonly tf.Tensor[], use: () => T): T {
  const own = tensors.map((tensor) => tensor.dataId);
  tensors.forEach((tensor, i) => setData(tensor, standIns[i].dataId));
  try {
    return use();
  } finally {
    tensors.forEach((tensor, i) => setData(tensor, own[i]));
  }
}

function setData(tensor: tf.Tensor, dataId: object): void {
  (tensor as { dataId: object }).dataId = dataId;
}
