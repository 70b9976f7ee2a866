import * as tf from "../runtime/tf.js";
import { RandomStream } from "../random/index.js";

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

/** Starting values: a constant, uniform in [−bound, bound], or normal with a standard deviation. */
export type Initializer =
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "uniform"; readonly bound: number }
  | { readonly kind: "normal"; readonly deviation: number };

/** A variable of a network, by its name in diffusers and the way it lies there. */
export interface Parameter {
  readonly name: string;
  readonly kind: ParameterKind;
  readonly variable: tf.Variable;
}

/** How a network starts. */
export interface NetworkOptions {
  /** Seed of the starting values, default 0. */
  readonly seed?: number;
  /** "zeros" where weights are about to be read anyway; default "random". */
  readonly start?: "random" | "zeros";
  /** The most numbers the network may have, so that a damaged configuration allocates no more; default: no limit. */
  readonly maxNumbers?: number;
}

/**
 * The parameters of one network: an ordered map from diffusers' dotted name to a variable.
 *
 * Each parameter starts from its own random stream (seed, "init/" + name), so adding a layer
 * changes no other layer's start.
 */
export class Parameters {
  readonly seed: number;
  private readonly start: "random" | "zeros";
  private room: number;
  private readonly entries = new Map<string, Parameter>();
  private readonly fixed = new Map<string, Parameter>();

  constructor(options: NetworkOptions = {}) {
    this.seed = options.seed ?? 0;
    this.start = options.start ?? "random";
    this.room = options.maxNumbers ?? Infinity;
  }

  /** The sub-tree below `prefix`; layers create their parameters in one. */
  scope(prefix: string): ParameterScope {
    return new ParameterScope(this, prefix);
  }

  /**
   * A new trained variable, float32.
   *
   * @param shape in memory: see {@link ParameterKind}
   * @throws RangeError if the name is taken, or if this makes the network larger than `maxNumbers`, which
   *   frees all made so far
   */
  create(name: string, kind: ParameterKind, shape: number[], init: Initializer): tf.Variable {
    const variable = this.variable(name, shape, init, true);
    this.entries.set(name, { name, kind, variable });
    return variable;
  }

  /**
   * Numbers that belong to the network and its file but are never trained: random frequencies, say.
   *
   * @throws RangeError as {@link create} does
   */
  createConstant(name: string, shape: number[], init: Initializer): tf.Variable {
    const variable = this.variable(name, shape, init, false);
    this.fixed.set(name, { name, kind: "plain", variable });
    return variable;
  }

  private variable(name: string, shape: number[], init: Initializer, trainable: boolean): tf.Variable {
    if (this.entries.has(name) || this.fixed.has(name)) {
      throw new RangeError(`parameter "${name}" exists already: give the layer another scope`);
    }
    this.room -= sizeOf(shape);
    if (!(this.room >= 0)) {
      this.dispose();
      throw new RangeError(
        `with parameter "${name}" of shape [${shape}] the network is larger than its weights: configuration and weights are of different networks`,
      );
    }
    const stream = new RandomStream(this.seed, `init/${name}`);
    const values = startingValues(stream, sizeOf(shape), this.start === "zeros" ? zeros : init);
    // A null name would draw a global counter; a name of our own may only be used once in TensorFlow.
    return tf.tidy(() => tf.variable(tf.tensor(values, shape, "float32"), trainable));
  }

  /** @throws RangeError if no trained parameter has this name */
  get(name: string): Parameter {
    const entry = this.entries.get(name);
    if (!entry) throw new RangeError(`no parameter "${name}"; the first of ${this.entries.size} is "${this.names[0]}"`);
    return entry;
  }

  /** Whether a trained parameter has this name. */
  has(name: string): boolean {
    return this.entries.has(name);
  }

  /** The trained parameters' names; {@link variables}, {@link count} and flat arrays leave constants out likewise. */
  get names(): string[] {
    return [...this.entries.keys()];
  }

  /** The trained variables, in the order of {@link names}. */
  get variables(): tf.Variable[] {
    return [...this.entries.values()].map((entry) => entry.variable);
  }

  /** All variables by name, constants included, as `captures` of a compiled function takes them. */
  get tensors(): Readonly<Record<string, tf.Variable>> {
    return Object.fromEntries([...this, ...this.constants].map(({ name, variable }) => [name, variable]));
  }

  /** The number of trained numbers. */
  get count(): number {
    return this.variables.reduce((sum, variable) => sum + variable.size, 0);
  }

  /** What {@link createConstant} made. */
  get constants(): Parameter[] {
    return [...this.fixed.values()];
  }

  /** The trained parameters, in the order of {@link names}. */
  [Symbol.iterator](): IterableIterator<Parameter> {
    return this.entries.values();
  }

  /** A copy of all values in one array, in the order of {@link names}, memory layout. */
  toFlat(): Float32Array {
    const flat = new Float32Array(this.count);
    let offset = 0;
    for (const { variable } of this) {
      flat.set(variable.dataSync() as Float32Array, offset);
      offset += variable.size;
    }
    return flat;
  }

  /** Sets all values from one array as {@link toFlat} gives it. @throws RangeError if the length differs */
  assignFlat(flat: Float32Array): void {
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

  /** Frees all variables, constants included; what was built from them cannot be used any more. */
  dispose(): void {
    for (const { variable } of [...this, ...this.constants]) variable.dispose();
    this.entries.clear();
    this.fixed.clear();
  }
}

/** A view of {@link Parameters} below a dotted prefix. */
export class ParameterScope {
  constructor(
    private readonly parameters: Parameters,
    readonly prefix: string,
  ) {}

  /** The sub-tree below `name` in this one. */
  scope(name: string | number): ParameterScope {
    return new ParameterScope(this.parameters, this.path(name));
  }

  /** {@link Parameters.create} below the prefix. */
  create(name: string, kind: ParameterKind, shape: number[], init: Initializer): tf.Variable {
    return this.parameters.create(this.path(name), kind, shape, init);
  }

  /** {@link Parameters.createConstant} below the prefix. */
  createConstant(name: string, shape: number[], init: Initializer): tf.Variable {
    return this.parameters.createConstant(this.path(name), shape, init);
  }

  private path(name: string | number): string {
    return this.prefix === "" ? String(name) : `${this.prefix}.${name}`;
  }
}

/** PyTorch's default for convolutions and dense layers: U(−1/√fanIn, 1/√fanIn), kernels and biases alike. */
export function fanInUniform(fanIn: number): Initializer {
  return { kind: "uniform", bound: 1 / Math.sqrt(fanIn) };
}

/** How the matrix and the bias of a dense layer start. */
export type DenseStart = (
  inputs: number,
  outputs: number,
) => { readonly weight: Initializer; readonly bias: Initializer };

/** PyTorch's default: {@link fanInUniform} for both. */
export const torchStart: DenseStart = (inputs) => ({ weight: fanInUniform(inputs), bias: fanInUniform(inputs) });

/** W ~ U(±√(6/(inputs + outputs))), b = 0. Source: Glorot and Bengio 2010, equation 16. */
export const xavierStart: DenseStart = (inputs, outputs) => {
  return { weight: { kind: "uniform", bound: Math.sqrt(6 / (inputs + outputs)) }, bias: zeros };
};

/** W ~ N(0, deviation²), b = 0. */
export const normalStart =
  (deviation: number): DenseStart =>
  () => ({ weight: { kind: "normal", deviation }, bias: zeros });

/** Everything 0: the layer says nothing until it has learned to. */
export const zeroStart: DenseStart = () => ({ weight: zeros, bias: zeros });

/** Starts at 0. */
export const zeros: Initializer = { kind: "constant", value: 0 };
/** Starts at 1. */
export const ones: Initializer = { kind: "constant", value: 1 };

function startingValues(stream: RandomStream, size: number, init: Initializer): Float32Array {
  switch (init.kind) {
    case "constant":
      return new Float32Array(size).fill(init.value);
    case "uniform": {
      const values = stream.uniforms(size);
      // In place: a second array of this size would be garbage that nobody collects for long.
      for (let i = 0; i < size; i++) values[i] = (2 * values[i] - 1) * init.bound;
      return values;
    }
    case "normal": {
      const values = stream.normals(size);
      for (let i = 0; i < size; i++) values[i] *= init.deviation;
      return values;
    }
  }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}
