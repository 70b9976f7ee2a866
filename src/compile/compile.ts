/** `compile`: a pure function of tensors as one TensorFlow graph. */
import { requireKind } from "../base/kinds.js";
import { requireKnownKeys } from "../base/check.js";
import { mapTree, namedLeaves } from "../base/tree.js";
import { valuesExist } from "../runtime/recording.js";
import * as tf from "../runtime/tf.js";
import { dataTypeOf } from "./data-type.js";
import { CompileError } from "./errors.js";
import { Program } from "./graphs.js";
import { nativeBackend, type NativeBackend } from "./native-backend.js";
import { outputTree, type TensorRecord } from "./outputs.js";
import { requirePrecision, type Precision } from "./precision.js";

export interface CompileOptions {
  /** What the function is called in messages, default its JavaScript name. */
  readonly name?: string;
  /**
   * Tensors and variables the function reads besides its inputs, by name or in a tree: usually the parameters of a
   * network. Each call uses the values they have then.
   */
  readonly captures?: TensorRecord;
  /**
   * Whether captures are constants of the graph, up to 64 MB of them; default false. Faster where the same values serve
   * many calls, as in sampling. Values assigned later are seen: the graph is made anew for them.
   */
  readonly frozen?: boolean;
  /** How convolutions and matrix products of the graph compute, default "float32". Without a graph it is float32. */
  readonly precision?: Precision;
  /** Where graphs are kept, default `DIFFUSION_LAB_CACHE` or the user's cache folder. */
  readonly cacheFolder?: string;
}

/** A function made by {@link compile}. */
export interface Compiled<I extends TensorRecord, O extends TensorRecord> {
  /** The caller disposes the outputs. */
  (inputs: I): O;
  /** Graphs held at present: one for each combination of shapes seen, the latest 16. */
  readonly graphs: number;
  /** Frees the graphs; the function cannot be called any more. */
  dispose(): void;
}

const LARGEST_NUMBER_OF_GRAPHS = 16;

/**
 * A tensor function as one TensorFlow graph.
 *
 * At the first call with new shapes `fn` runs twice on stand-ins (never on data) and what it does is written as a
 * graph; this and later calls hand the inputs to the graph and get its outputs, with no JavaScript in between. At calls
 * 2, 32, 512 and so on, each 16 times the one before, `fn` runs once more on stand-ins to see whether it still does the
 * same.
 * Gradients (`tf.grads`, `tf.variableGrads`) inside `fn` become part of the graph. The result equals `fn(inputs)` up to
 * the rounding of fused operations, about 1e-6 relative.
 *
 * `fn` must be pure: everything that changes from call to call (noise, learning rate, step, state) is an input or a
 * capture, everything it changes is an output. What would silently go wrong is refused: a tensor that is neither input
 * nor capture, a value read into JavaScript, random or counted constants, constants of more than 16384 values,
 * operations whose result has a shape that depends on data (`tf.unique`), a tensor kept, a tensor disposed or a variable
 * assigned that `fn` has not made itself. JavaScript numbers `fn` closes over are part of the program: one that is not
 * the same any more when `fn` runs again is refused, with the calls that may have missed the change; until then it has
 * no effect.
 *
 * Without the native backend, with `DIFFUSION_LAB_COMPILE=0` in the environment, inside another compiled function, and
 * where a gradient is taken through the call (within `tf.grad` and its kin, outside `fn`), calls run `fn` itself. A
 * gradient that is to be fast is therefore taken inside `fn`.
 *
 * @example
 * const evaluate = compile(({ xt, t }) => ({ noise: unet.apply(xt, t) }), { captures: unet.parameters.tensors });
 * const { noise } = evaluate({ xt, t });
 *
 * @throws CompileError if `fn` cannot be recorded or TensorFlow refuses the graph; it names the tensor or operation and
 * the line
 * @throws TypeError if an input or capture is no tensor, or `fn` returns anything but tensors by name or in a tree
 * @throws RangeError for precision "bf16" on a processor without it
 */
export function compile<I extends TensorRecord, O extends TensorRecord>(
  fn: (inputs: I) => O,
  options: CompileOptions = {},
): Compiled<I, O> {
  requireKind("fn", fn, "a function");
  requireKnownKeys("compile", options, {
    name: "a text",
    captures: "an object",
    frozen: "true or false",
    precision: ["float32", "bf16"],
    cacheFolder: "a text",
  });
  const compiler = new Compiler(fn, options);
  const call = (inputs: I): O => compiler.call(inputs);
  Object.defineProperty(call, "graphs", { get: () => compiler.graphs });
  return Object.assign(call, { dispose: () => compiler.dispose() }) as Compiled<I, O>;
}

class Compiler<I extends TensorRecord, O extends TensorRecord> {
  private readonly name: string;
  /** Each tensor once, under its last name. */
  private readonly captures: ReadonlyMap<string, tf.Tensor>;
  private readonly programs = new Map<string, Program>();
  private disposed = false;

  constructor(
    private readonly fn: (inputs: I) => O,
    private readonly options: CompileOptions,
  ) {
    this.name = options.name ?? (fn.name || "function");
    requirePrecision(options.precision ?? "float32");
    const names = new Map<tf.Tensor, string>();
    for (const [name, tensor] of namedLeaves<tf.Tensor>(options.captures ?? {})) {
      requireTensor(this.name, "capture", name, tensor);
      names.set(tensor, name);
    }
    this.captures = new Map([...names].map(([tensor, name]) => [name, tensor]));
  }

  get graphs(): number {
    return this.programs.size;
  }

  call(inputs: I): O {
    if (this.disposed) throw new CompileError(`compile: "${this.name}" has been disposed`);
    if (typeof inputs !== "object" || inputs === null) {
      throw new TypeError(`compile: "${this.name}" takes its inputs by name, { x, … }, got ${String(inputs)}`);
    }
    const leaves = namedLeaves<tf.Tensor>(inputs);
    for (const [name, tensor] of leaves) requireTensor(this.name, "input", name, tensor);
    for (const [name, tensor] of this.captures) requireTensor(this.name, "capture", name, tensor);
    const backend = nativeBackend();
    // TensorFlow.js cannot see into a graph, and would take its outputs for constants.
    const gradientIsTaken = tf.engine().isTapeOn();
    const insideAnother = !valuesExist();
    if (!backend || gradientIsTaken || insideAnother || switchedOff()) return this.eager(inputs);
    const tensors = [...leaves.map(([, tensor]) => tensor), ...this.captures.values()];
    return this.program(backend, inputs, tensors).run(tensors) as O;
  }

  dispose(): void {
    this.disposed = true;
    for (const program of this.programs.values()) program.dispose();
    this.programs.clear();
  }

  /** The function itself, with the same rule as a graph: every output is a tensor of its own. */
  private eager(inputs: I): O {
    const inputTensors = namedLeaves<tf.Tensor>(inputs).map(([, tensor]) => tensor);
    const lent = new Set<tf.Tensor>([...inputTensors, ...this.captures.values()]);
    const run = (): tf.TensorContainer =>
      mapTree(outputTree(this.name, this.fn(inputs)), (tensor) => {
        const owned = lent.has(tensor) ? tf.clone(tensor) : tensor;
        lent.add(owned);
        return owned;
      }) as tf.TensorContainer;
    return tf.tidy(run) as unknown as O;
  }

  /** The program for inputs of these types: the one that is held, confirmed, or a new one in place of the oldest. */
  private program(backend: NativeBackend, inputs: I, tensors: readonly tf.Tensor[]): Program {
    const key =
      JSON.stringify(mapTree<tf.Tensor, string>(inputs, typeKey)) + [...this.captures.values()].map(typeKey).join();
    const held = this.programs.get(key);
    if (!held) return this.load(backend, key, inputs, tensors);
    try {
      held.confirm();
      return held;
    } catch (error) {
      this.unload(key, held);
      throw error;
    }
  }

  private load(backend: NativeBackend, key: string, inputs: I, tensors: readonly tf.Tensor[]): Program {
    const { name, captures } = this;
    const { frozen, precision, cacheFolder } = this.options;
    const fn = this.fn as unknown as (inputs: TensorRecord) => TensorRecord;
    // The program must not hold the tensors of its first call.
    const paths = mapTree<tf.Tensor, string>(inputs, (_, path) => path);
    const program = new Program(
      backend,
      { name, fn, inputs: paths, captures, frozen, precision, cacheFolder },
      tensors,
    );
    if (this.programs.size >= LARGEST_NUMBER_OF_GRAPHS) this.unload(...this.programs.entries().next().value!);
    this.programs.set(key, program);
    return program;
  }

  private unload(key: string, program: Program): void {
    program.dispose();
    this.programs.delete(key);
  }
}

function switchedOff(): boolean {
  return process.env["DIFFUSION_LAB_COMPILE"] === "0";
}

function typeKey({ dtype, shape }: tf.Tensor): string {
  return `${dtype}[${shape}]`;
}

function requireTensor(name: string, kind: "input" | "capture", key: string, tensor: unknown): void {
  const refuse = (what: string): never => {
    throw new TypeError(`compile: ${kind} "${key}" of "${name}" ${what}`);
  };
  if (!(tensor instanceof tf.Tensor)) return refuse(`must be a tensor, got ${typeof tensor}`);
  if (tensor.isDisposed) refuse("has been disposed");
  if (dataTypeOf(tensor.dtype) === undefined) {
    refuse(`is ${tensor.dtype}: only float32, int32 and bool can be compiled`);
  }
}
