/** A function run on stand-ins for its inputs and for the tensors it captures. */
import { mapTree, withLeaves, type Tree } from "../base/tree.js";
import * as tf from "../runtime/tf.js";
import { outputTree, type TensorRecord } from "./outputs.js";

/** A function, the tree of its inputs, and what it reads besides them. */
export interface StandInSource {
  readonly name: string;
  readonly fn: (inputs: TensorRecord) => TensorRecord;
  /** The tree of the inputs, their paths in place of the tensors. */
  readonly inputs: Tree<string>;
  /** Tensors that the function reads besides its inputs, by name. */
  readonly captures: ReadonlyMap<string, tf.Tensor>;
}

/** @param standIns of the inputs in their tree's order, then of the captures */
export function runOnStandIns(
  { name, fn, inputs, captures }: StandInSource,
  standIns: readonly tf.Tensor[],
): Tree<tf.Tensor> {
  const captured = [...captures.values()];
  return lendStandIns(captured, standIns.slice(standIns.length - captured.length), () => {
    const outputs = outputTree(name, fn(withLeaves(inputs, standIns) as TensorRecord));
    // A captured tensor that is returned must keep the stand-in's data when it gets its own back.
    const owned = (tensor: tf.Tensor): tf.Tensor => (captured.includes(tensor) ? tf.clone(tensor) : tensor);
    return mapTree(outputs, owned);
  });
}

/** Gives captured tensors the data of stand-ins while `use` runs, so that what reads them is recorded. */
function lendStandIns<T>(tensors: readonly tf.Tensor[], standIns: readonly tf.Tensor[], use: () => T): T {
  const original = tensors.map((tensor) => tensor.dataId);
  tensors.forEach((tensor, i) => setData(tensor, standIns[i].dataId));
  try {
    return use();
  } finally {
    tensors.forEach((tensor, i) => setData(tensor, original[i]));
  }
}

function setData(tensor: tf.Tensor, dataId: object): void {
  (tensor as { dataId: object }).dataId = dataId;
}
