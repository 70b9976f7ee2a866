/** Trees of tensors, and what a compiled function returned checked to be one. */
import { isRecord, namedLeaves, type Tree, type TreeRecord } from "../base/tree.js";
import * as tf from "../runtime/tf.js";

/** A tensor, or a record of trees of tensors. */
export type TensorTree = Tree<tf.Tensor>;

/** Trees of tensors by name, such as `{ x0, condition: { label } }`. */
export type TensorRecord = TreeRecord<tf.Tensor>;

/** Tensors by name. */
export type NamedTensors = Readonly<Record<string, tf.Tensor>>;

/**
 * What a function returned, as tensors by name or in a tree.
 *
 * @throws TypeError if it is a promise, no object, or holds something that is no tensor
 */
export function outputTree(name: string, returned: unknown): TensorRecord {
  const refuse = (what: string): never => {
    throw new TypeError(`compile: "${name}" must return tensors by name, but ${what}`);
  };
  if (isPromise(returned)) {
    // Refused here and now: that it fails later need not end the process.
    returned.then(undefined, () => undefined);
    throw new TypeError(`compile: "${name}" returns a promise; only a synchronous function can be recorded`);
  }
  if (returned instanceof tf.Tensor) return refuse("returns a tensor without a name: return { y: … }");
  if (typeof returned !== "object" || returned === null) {
    return refuse(`returns ${returned === null ? "null" : typeof returned}`);
  }
  const tree = returned as Tree<unknown>;
  if (!isRecord(tree)) return refuse("returns an object that is no plain record: return { y: … }");
  for (const [path, value] of namedLeaves<unknown>(tree)) {
    if (!(value instanceof tf.Tensor)) refuse(`"${path}" is ${typeof value}`);
    else if (value.isDisposed) refuse(`"${path}" has been disposed`);
  }
  return tree as TensorRecord;
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === "function";
}
