/** Refuses what is no tensor where one is needed. */
import { described } from "../base/check.js";
import * as tf from "./tf.js";

/** @throws TypeError naming what was given and how a tensor is made of it, or a tensor that is gone */
export function requireTensor(name: string, value: unknown): asserts value is tf.Tensor {
  if (value instanceof tf.Tensor) {
    if (!value.isDisposed) return;
    throw new TypeError(`${name} is a tensor that has been disposed of: keep it, or clone it, until it has been used`);
  }
  const numbers = Array.isArray(value) || ArrayBuffer.isView(value);
  throw new TypeError(
    `${name} must be a tensor, got ${described(value)}${numbers ? ": make one with tf.tensor(values, shape)" : ""}`,
  );
}
