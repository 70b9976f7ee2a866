/** Refuses what is no tensor where one is needed, or one of other numbers, of other dimensions, or of none. */
import { described } from "../base/check.js";
import * as tf from "./tf.js";

/** What a tensor holds: numbers to compute with, indices, or either. */
export type Meant = "float" | "indices" | "numbers";

const DTYPES: Readonly<Record<Meant, readonly tf.DataType[]>> = {
  float: ["float32"],
  indices: ["int32"],
  numbers: ["float32", "int32"],
};

/**
 * @param meant numbers to compute with unless said: many operations refuse int32, and others round it silently
 * @param rank how many dimensions it has, if not any
 * @throws TypeError naming what was given and how a tensor is made of it, a tensor that is gone, or one of other numbers;
 *   RangeError for one without values, or with another number of dimensions
 */
export function requireTensor(
  name: string,
  value: unknown,
  meant: Meant = "float",
  rank?: number,
): asserts value is tf.Tensor {
  if (!(value instanceof tf.Tensor)) {
    const numbers = Array.isArray(value) || ArrayBuffer.isView(value);
    throw new TypeError(
      `${name} must be a tensor, got ${described(value)}${numbers ? ": make one with tf.tensor(values, shape)" : ""}`,
    );
  }
  if (value.isDisposed) {
    throw new TypeError(`${name} is a tensor that has been disposed of: keep it, or clone it, until it has been used`);
  }
  const allowed = DTYPES[meant];
  if (!allowed.includes(value.dtype)) {
    const remedy = value.dtype === "string" ? "" : `: tf.cast(x, "${allowed[0]}") makes one`;
    throw new TypeError(`${name} must be a tensor of ${allowed.join(" or ")}, got one of ${value.dtype}${remedy}`);
  }
  if (value.shape.includes(0)) throw new RangeError(`${name} has no values: its shape is [${value.shape.join(", ")}]`);
  if (rank !== undefined && value.rank !== rank) {
    const dimensions = rank === 1 ? "1 dimension" : `${rank} dimensions`;
    throw new RangeError(`${name} must have ${dimensions}, got shape [${value.shape.join(", ")}]`);
  }
}

/** @throws as {@link requireTensor}, and RangeError for a single number: the first dimension counts examples */
export function requireBatch(name: string, value: unknown, least = 1): asserts value is tf.Tensor {
  requireTensor(name, value);
  if (value.rank > 0 && value.shape[0] >= least) return;
  const examples = least === 1 ? "examples" : `at least ${least} examples`;
  throw new RangeError(
    `${name} must hold ${examples} along its first dimension, got shape [${value.shape.join(", ")}]`,
  );
}

/** @throws RangeError naming both shapes unless they are equal; TypeError for what is no tensor */
export function requireSameShape(first: string, a: tf.Tensor, second: string, b: tf.Tensor): void {
  requireTensor(first, a);
  requireTensor(second, b);
  if (a.shape.length !== b.shape.length || a.shape.some((size, i) => size !== b.shape[i])) {
    throw new RangeError(`${first} has shape [${a.shape}] but ${second} has [${b.shape}]: they must be equal`);
  }
}

/** @throws RangeError unless the part has the whole's shape, or 1 where it is the same for all; TypeError for no tensor */
export function requireFits(name: string, part: unknown, of: string, whole: tf.Tensor): void {
  requireTensor(name, part);
  const skipped = whole.rank - part.rank;
  if (skipped >= 0 && part.shape.every((size, i) => size === 1 || size === whole.shape[skipped + i])) return;
  throw new RangeError(`${name} has shape [${part.shape}], which does not fit ${of} of shape [${whole.shape}]`);
}
