/** What one reads of named numbers, whether they are of one network or of several joined: names, counts, flat arrays. */
import { requireNumbers } from "../base/values.js";
import { described } from "../base/check.js";
import * as tf from "../runtime/tf.js";

/**
 * How a parameter lies in memory and on disk.
 *
 * | kind | in memory | on disk (PyTorch, diffusers) |
 * |---|---|---|
 * | `conv` | [height, width, in, out] | [out, in, height, width] |
 * | `dense` | [in, out] | [out, in] |
 * | `plain` | as it is | the same |
 */
export type ParameterKind = "conv" | "dense" | "plain";

/** A variable of a network, by its name in diffusers and the way it lies there. */
export interface Parameter {
  readonly name: string;
  readonly kind: ParameterKind;
  readonly variable: tf.Variable;
}

/**
 * Named numbers to read, set, save and train. Iterating gives the trained parameters; names, counts and flat arrays
 * leave {@link constants} and {@link buffers} out likewise. Who made the variables frees them.
 */
export abstract class ParameterView {
  /** The trained parameters, in an order that never changes. */
  abstract [Symbol.iterator](): IterableIterator<Parameter>;

  /** Numbers of the network and its file that never change. */
  abstract get constants(): Parameter[];

  /** Numbers of the network and its file that a training step replaces without a gradient. */
  abstract get buffers(): Parameter[];

  /** Trained parameters, constants and buffers, in this order: what a file holds. */
  get all(): Parameter[] {
    return [...this, ...this.constants, ...this.buffers];
  }

  /** @throws RangeError if no trained parameter has this name */
  get(name: string): Parameter {
    for (const parameter of this) if (parameter.name === name) return parameter;
    throw new RangeError(`no parameter "${name}"; the first of ${this.names.length} is "${this.names[0]}"`);
  }

  /** Whether a trained parameter has this name. */
  has(name: string): boolean {
    return this.names.includes(name);
  }

  /** The trained parameters' names. */
  get names(): string[] {
    return Array.from(this, ({ name }) => name);
  }

  /** The trained variables, in the order of {@link names}. */
  get variables(): tf.Variable[] {
    return Array.from(this, ({ variable }) => variable);
  }

  /** {@link all} variables by name, as `captures` of a compiled function takes them. */
  get tensors(): Readonly<Record<string, tf.Variable>> {
    return Object.fromEntries(this.all.map(({ name, variable }) => [name, variable]));
  }

  /** The number of trained numbers. */
  get count(): number {
    return this.variables.reduce((sum, variable) => sum + variable.size, 0);
  }

  /** A copy of all trained values in one array, in the order of {@link names}, memory layout. */
  toFlat(): Float32Array {
    const flat = new Float32Array(this.count);
    let offset = 0;
    for (const { variable } of this) {
      flat.set(variable.dataSync() as Float32Array, offset);
      offset += variable.size;
    }
    return flat;
  }

  /** Sets all trained values from one array as {@link toFlat} gives it. @throws RangeError if the length differs */
  assignFlat(flat: Float32Array): void {
    requireNumbers("flat", flat);
    if (flat.length !== this.count) {
      throw new RangeError(`got ${flat.length} values for ${this.count} parameters: this array is of another network`);
    }
    let offset = 0;
    for (const { variable } of this) {
      // slice() copies: TensorFlow may keep the buffer it is handed.
      const values = flat.slice(offset, offset + variable.size);
      tf.tidy(() => variable.assign(tf.tensor(values, variable.shape, "float32")));
      offset += variable.size;
    }
  }
}

/** @throws TypeError unless `value` is what a network calls its parameters */
export function requireView(value: unknown): asserts value is ParameterView {
  if (value instanceof ParameterView) return;
  throw new TypeError(`parameters must be those of a network, such as network.parameters, got ${described(value)}`);
}
