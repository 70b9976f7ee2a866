/** The named numbers of a network: trained parameters, constants and buffers, and views of several networks as one. */
import { requireChoice } from "../base/values.js";
import { requireKind } from "../base/kinds.js";
import { described, requireKnownKeys } from "../base/check.js";
import { sizeOf } from "../base/shape.js";
import * as tf from "../runtime/tf.js";
import { RandomStream } from "../random/index.js";
import { startingValues, zeros, type Initializer } from "./initialisers.js";
import { ParameterView, type Parameter, type ParameterKind } from "./parameter-view.js";

export { ParameterView, type Parameter, type ParameterKind };

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
 * The numbers of one network, an ordered map from diffusers' dotted name to a variable: what is trained, constants
 * that never change, and buffers that a training step replaces without a gradient.
 *
 * Each variable starts from its own random stream (seed, "init/" + name), so adding a layer changes no other
 * layer's start.
 */
export class Parameters extends ParameterView {
  readonly seed: number;
  private readonly start: "random" | "zeros";
  private room: number;
  private readonly trained = new Map<string, Parameter>();
  private readonly fixed = new Map<string, Parameter>();
  private readonly replaced = new Map<string, Parameter>();

  constructor(options: NetworkOptions = {}) {
    requireKnownKeys("Parameters", options, { seed: "a number", start: ["random", "zeros"], maxNumbers: "a number" });
    super();
    this.seed = options.seed ?? 0;
    this.start = options.start ?? "random";
    this.room = options.maxNumbers ?? Infinity;
  }

  /**
   * Several networks seen as one, to train, save or load them together: `join({ unet, text })` has the same variables
   * under the names `unet.…` and `text.…`, part after part. Each part keeps its names, its start and its disposal, and
   * what it creates later is seen too. A part may itself be a view.
   *
   * @throws RangeError if there is no part, a prefix is empty, two parts give one name, or a variable is in two parts
   */
  static join(parts: Readonly<Record<string, ParameterView>>): ParameterView {
    return new JoinedParameters(parts);
  }

  /** The sub-tree below `prefix`; layers create their parameters in one. */
  scope(prefix: string): ParameterScope {
    requireKind("prefix", prefix, "a text");
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
    requireKind("name", name, "a text");
    requireChoice("kind", kind, ["dense", "conv", "plain"]);
    return this.add(this.trained, { name, kind }, shape, init);
  }

  /**
   * Numbers that belong to the network and its file but never change: random frequencies, say.
   *
   * @throws RangeError as {@link create} does
   */
  createConstant(name: string, shape: number[], init: Initializer): tf.Variable {
    requireKind("name", name, "a text");
    return this.add(this.fixed, { name, kind: "plain" }, shape, init);
  }

  /**
   * Numbers that belong to the network and its file, and that a training step replaces without a gradient: the running
   * moments of batch normalisation, the singular vector of spectral normalisation.
   *
   * @throws RangeError as {@link create} does
   */
  createBuffer(name: string, shape: number[], init: Initializer): tf.Variable {
    requireKind("name", name, "a text");
    return this.add(this.replaced, { name, kind: "plain" }, shape, init);
  }

  /** What {@link createConstant} made. */
  get constants(): Parameter[] {
    return [...this.fixed.values()];
  }

  /** What {@link createBuffer} made. */
  get buffers(): Parameter[] {
    return [...this.replaced.values()];
  }

  /** The trained parameters, in the order of {@link names}. */
  [Symbol.iterator](): IterableIterator<Parameter> {
    return this.trained.values();
  }

  override get(name: string): Parameter {
    return this.trained.get(name) ?? super.get(name);
  }

  override has(name: string): boolean {
    requireKind("name", name, "a text");
    return this.trained.has(name);
  }

  /** Frees all variables, constants and buffers included; what was built from them cannot be used any more. */
  dispose(): void {
    for (const { variable } of this.all) variable.dispose();
    for (const group of [this.trained, this.fixed, this.replaced]) group.clear();
  }

  private add(
    group: Map<string, Parameter>,
    { name, kind }: Pick<Parameter, "name" | "kind">,
    shape: number[],
    init: Initializer,
  ): tf.Variable {
    if (!Array.isArray(shape) || !shape.every((size) => Number.isInteger(size) && size >= 0)) {
      const given = Array.isArray(shape) ? `[${shape.map(String).join(", ")}]` : described(shape);
      throw new RangeError(`the shape of parameter "${name}" must be a list of whole numbers, got ${given}`);
    }
    if (this.trained.has(name) || this.fixed.has(name) || this.replaced.has(name)) {
      throw new RangeError(`parameter "${name}" exists already: give the layer another scope`);
    }
    const size = sizeOf(shape);
    this.room -= size;
    if (!(this.room >= 0)) {
      this.dispose();
      throw new RangeError(
        `with parameter "${name}" of shape [${shape}] the network is larger than its weights: configuration and weights are of different networks`,
      );
    }
    const stream = new RandomStream(this.seed, `init/${name}`);
    const values = startingValues(stream, size, this.start === "zeros" ? zeros : init);
    // A null name would draw a global counter; a name of our own may only be used once in TensorFlow.
    const variable = tf.tidy(() => tf.variable(tf.tensor(values, shape, "float32"), group === this.trained));
    group.set(name, { name, kind, variable });
    return variable;
  }
}

/** @throws TypeError unless a layer is given a place for its parameters */
export function requireScope(value: unknown): asserts value is ParameterScope {
  if (value instanceof ParameterScope) return;
  throw new TypeError(
    `a layer creates its parameters in a scope, such as new Parameters().scope("layer"), got ${described(value)}`,
  );
}

/** A view of {@link Parameters} below a dotted prefix, in which layers create theirs. */
export class ParameterScope {
  constructor(
    private readonly parameters: Parameters,
    readonly prefix: string,
  ) {
    requireKind("prefix", prefix, "a text");
    requireKind("parameters", parameters, "an object");
  }

  /** Seed of the starting values. */
  get seed(): number {
    return this.parameters.seed;
  }

  /** The sub-tree below `name` in this one. */
  scope(name: string | number): ParameterScope {
    requireKind("name", name, "a text or a number");
    return new ParameterScope(this.parameters, this.path(name));
  }

  /** {@link Parameters.create} below the prefix. */
  create(name: string, kind: ParameterKind, shape: number[], init: Initializer): tf.Variable {
    requireKind("name", name, "a text");
    return this.parameters.create(this.path(name), kind, shape, init);
  }

  /** {@link Parameters.createConstant} below the prefix. */
  createConstant(name: string, shape: number[], init: Initializer): tf.Variable {
    requireKind("name", name, "a text");
    return this.parameters.createConstant(this.path(name), shape, init);
  }

  /** {@link Parameters.createBuffer} below the prefix. */
  createBuffer(name: string, shape: number[], init: Initializer): tf.Variable {
    requireKind("name", name, "a text");
    return this.parameters.createBuffer(this.path(name), shape, init);
  }

  private path(name: string | number): string {
    return this.prefix === "" ? String(name) : `${this.prefix}.${name}`;
  }
}

/** What {@link Parameters.join} gives. */
class JoinedParameters extends ParameterView {
  constructor(private readonly parts: Readonly<Record<string, ParameterView>>) {
    super();
    if (Object.keys(parts).length === 0) throw new RangeError("join needs at least one part: join({ unet, text })");
    if ("" in parts) throw new RangeError("a part of a join needs a name that is not empty: join({ unet, text })");
    const names = new Map<tf.Variable, string>();
    const taken = new Set<string>();
    for (const { name, variable } of this.all) {
      if (taken.has(name))
        throw new RangeError(`two parts give the name "${name}": rename one of ${Object.keys(parts)}`);
      const first = names.get(variable);
      if (first !== undefined) {
        throw new RangeError(`"${first}" and "${name}" are one variable: join each network once`);
      }
      taken.add(name);
      names.set(variable, name);
    }
  }

  get constants(): Parameter[] {
    return this.prefixed((part) => part.constants);
  }

  get buffers(): Parameter[] {
    return this.prefixed((part) => part.buffers);
  }

  [Symbol.iterator](): IterableIterator<Parameter> {
    return this.prefixed((part) => part).values();
  }

  private prefixed(choose: (part: ParameterView) => Iterable<Parameter>): Parameter[] {
    return Object.entries(this.parts).flatMap(([prefix, part]) =>
      [...choose(part)].map(({ name, kind, variable }) => ({ name: `${prefix}.${name}`, kind, variable })),
    );
  }
}
