import * as tf from "../runtime/tf.js";

/** Tensors by name. */
export type NamedTensors = Readonly<Record<string, tf.Tensor>>;

/**
 * What a function returned, as tensors by name.
 *
 * @throws TypeError if it is a promise, no object, or holds something that is no tensor
 */
export function namedOutputs(name: string, returned: unknown): [string, tf.Tensor][] {
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
  return Object.entries(returned).map(([key, value]: [string, unknown]) => {
    if (!(value instanceof tf.Tensor)) return refuse(`"${key}" is ${typeof value}`);
    return value.isDisposed ? refuse(`"${key}" has been disposed`) : [key, value];
  });
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === "function";
}
