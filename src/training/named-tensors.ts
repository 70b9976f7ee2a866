import type * as tf from "../runtime/tf.js";

type Tensors = Record<string, tf.Tensor>;

/** One record of tensors as part of a larger one. */
export function prefixed(prefix: string, tensors: Readonly<Tensors>): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${prefix}/${name}`, tensor]));
}

/** The part that {@link prefixed} put in. */
export function selected(prefix: string, tensors: Readonly<Tensors>): Tensors {
  const start = `${prefix}/`;
  const own = Object.entries(tensors).filter(([name]) => name.startsWith(start));
  return Object.fromEntries(own.map(([name, tensor]) => [name.slice(start.length), tensor]));
}
