import * as tf from "../runtime/tf.js";
import { lendStandIns } from "./captures.js";
import { CompileError } from "./errors.js";
import { defaultCacheFolder } from "./graph-cache.js";
import { emitGraph, type Graph } from "./graph-emitter.js";
import { nativeBackend, type NativeBackend } from "./native-backend.js";
import { namedOutputs } from "./outputs.js";
import { requirePrecision, type Precision } from "./precision.js";
import { graphOfBoth, requireSame } from "./purity.js";
import { record } from "./recorder.js";
import type { NamedRecording, RecordedInput, Recording } from "./recording.js";
import { GraphSession } from "./session.js";
import { SignatureStore } from "./signature-store.js";

/** Tensors by name. */
export type NamedTensors = Readonly<Record<string, tf.Tensor>>;

export interface CompileOptions {
  /** What the function is called in messages, default its JavaScript name. */
  readonly name?: string;
  /**
   * Tensors and variables the function reads besides its inputs, by name: usually the parameters of a network. Each
   * call uses the values they have then.
   */
  readonly captures?: NamedTensors;
  /** How convolutions and matrix products of the graph compute, default "float32". Without a graph it is float32. */
  readonly precision?: Precision;
  /** Where graphs are kept, default `DIFFUSION_LAB_CACHE` or the user's cache folder. */
  readonly cacheFolder?: string;
}

/** A function made by {@link compile}. */
export interface Compiled<I extends NamedTensors, O extends NamedTensors> {
  /** The caller disposes the outputs. */
  (inputs: I): O;
  /** Graphs held at present: one for each combination of shapes seen, the latest 16. */
  readonly graphs: number;
  /** Frees the graphs; the function cannot be called any more. */
  dispose(): void;
}

const LARGEST_NUMBER_OF_GRAPHS = 16;

/** From one recording that confirms a graph to the next, in calls: rare enough to cost next to nothing. */
const CONFIRMATION_FACTOR = 16;

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
 * const evaluate = compile(({ xt, t }) => ({ noise: unet.apply(xt, t) }), { captures: named(unet.parameters) });
 * const { noise } = evaluate({ xt, t });
 *
 * @throws CompileError if `fn` cannot be recorded or TensorFlow refuses the graph; it names the tensor or operation and
 * the line
 * @throws TypeError if an input or capture is no tensor, or `fn` returns anything but tensors by name
 * @throws RangeError for precision "bf16" on a processor without it
 */
export function compile<I extends NamedTensors, O extends NamedTensors>(
  fn: (inputs: I) => O,
  options: CompileOptions = {},
): Compiled<I, O> {
  const compiler = new Compiler(fn, options);
  const call = (inputs: I): O => compiler.call(inputs);
  Object.defineProperty(call, "graphs", { get: () => compiler.graphs });
  return Object.assign(call, { dispose: () => compiler.dispose() }) as Compiled<I, O>;
}

/** A function written as a graph, for one combination of shapes. */
interface Program {
  readonly graph: Graph;
  readonly outputNames: readonly string[];
  /** Records once more, at a call after `confirmed`. @throws CompileError if what comes of it is another program */
  readonly confirm: (call: number, confirmed: number) => void;
}

interface LoadedGraph extends Omit<Program, "graph"> {
  readonly session: GraphSession;
  calls: number;
  /** The call at which it was last seen to be what the function does. */
  confirmedAt: number;
}

let recording = false;

class Compiler<I extends NamedTensors, O extends NamedTensors> {
  private readonly name: string;
  private readonly captureNames: readonly string[];
  private readonly captured: readonly tf.Tensor[];
  private readonly loaded = new Map<string, LoadedGraph>();
  private disposed = false;

  constructor(
    private readonly fn: (inputs: I) => O,
    private readonly options: CompileOptions,
  ) {
    this.name = options.name ?? (fn.name || "function");
    requirePrecision(options.precision ?? "float32");
    const captures = new Map<tf.Tensor, string>();
    for (const [name, tensor] of Object.entries(options.captures ?? {})) {
      requireTensor(this.name, "capture", name, tensor);
      captures.set(tensor, name);
    }
    this.captureNames = [...captures.values()];
    this.captured = [...captures.keys()];
  }

  get graphs(): number {
    return this.loaded.size;
  }

  call(inputs: I): O {
    if (this.disposed) throw new CompileError(`compile: "${this.name}" has been disposed`);
    if (typeof inputs !== "object" || inputs === null) {
      throw new TypeError(`compile: "${this.name}" takes its inputs by name, { x, … }, got ${String(inputs)}`);
    }
    const names = Object.keys(inputs);
    const given = names.map((name) => inputs[name]);
    given.forEach((tensor, i) => requireTensor(this.name, "input", names[i], tensor));
    this.captured.forEach((tensor, i) => requireTensor(this.name, "capture", this.captureNames[i], tensor));
    const backend = nativeBackend();
    // TensorFlow.js cannot see into a graph, and would take its outputs for constants.
    const gradientIsTaken = tf.engine().isTapeOn();
    const switchedOff = process.env["DIFFUSION_LAB_COMPILE"] === "0";
    if (!backend || recording || switchedOff || gradientIsTaken) return this.eager(inputs);

    const all = [...given, ...this.captured];
    const key = names.map((name, i) => `${name}:${typeKey(given[i])}`).join() + "|" + this.captured.map(typeKey).join();
    const graph = this.confirmed(key) ?? this.load(backend, key, names, all);
    const results = graph.session.run(all);
    return Object.fromEntries(graph.outputNames.map((name, i) => [name, results[i]])) as unknown as O;
  }

  dispose(): void {
    this.disposed = true;
    for (const { session } of this.loaded.values()) session.dispose();
    this.loaded.clear();
  }

  /** The function itself, with the same rule as a graph: every output is a tensor of its own. */
  private eager(inputs: I): O {
    return tf.tidy(() => {
      const lent = new Set<tf.Tensor>([...Object.values(inputs), ...this.captured]);
      const outputs = namedOutputs(this.name, this.fn(inputs)).map(([name, tensor]) => {
        const own = lent.has(tensor) ? tf.clone(tensor) : tensor;
        lent.add(own);
        return [name, own];
      });
      return Object.fromEntries(outputs) as O;
    });
  }

  /**
   * The graph that is held. Now and then the function is recorded once more, as numbers it closes over may have changed
   * since: recordings made one right after the other cannot tell.
   */
  private confirmed(key: string): LoadedGraph | undefined {
    const graph = this.loaded.get(key);
    if (!graph) return undefined;
    graph.calls++;
    const { calls, confirmedAt } = graph;
    if (calls < (confirmedAt === 1 ? 2 : CONFIRMATION_FACTOR * confirmedAt)) return graph;
    try {
      graph.confirm(calls, confirmedAt);
    } catch (error) {
      graph.session.dispose();
      this.loaded.delete(key);
      throw error;
    }
    graph.confirmedAt = calls;
    return graph;
  }

  private load(backend: NativeBackend, key: string, names: readonly string[], all: readonly tf.Tensor[]): LoadedGraph {
    const { cacheFolder = defaultCacheFolder() } = this.options;
    const types: RecordedInput[] = [...names, ...this.captureNames].map((name, i) => {
      const { shape, dtype } = all[i];
      return { name, shape: [...shape], dtype: DTYPES[dtype]! };
    });
    const { graph: program, outputNames, confirm } = this.program(backend, cacheFolder, names, types);
    const session = new GraphSession(backend, program, this.name, cacheFolder);
    if (this.loaded.size >= LARGEST_NUMBER_OF_GRAPHS) {
      const [oldest, graph] = this.loaded.entries().next().value!;
      graph.session.dispose();
      this.loaded.delete(oldest);
    }
    const graph = { session, outputNames, confirm, calls: 1, confirmedAt: 1 };
    this.loaded.set(key, graph);
    return graph;
  }

  /** Records the function twice: what differs is not a program. */
  private program(
    backend: NativeBackend,
    cacheFolder: string,
    names: readonly string[],
    inputs: readonly RecordedInput[],
  ): Program {
    const signatures = new SignatureStore(cacheFolder, backend.binding.TF_Version);
    const recordOnce = (origins: boolean): NamedRecording => {
      recording = true;
      try {
        const body = (standIns: readonly tf.Tensor[]): NamedTensors => this.body(names, standIns);
        return record(backend, signatures, { name: this.name, inputs, body, origins });
      } finally {
        recording = false;
        signatures.save();
      }
    };
    const write = (recorded: Recording): Graph => emitGraph(backend.binding, recorded, this.options.precision);
    const first = recordOnce(true);
    const graph = graphOfBoth(this.name, first, recordOnce(false), write);
    const confirm = (call: number, confirmed: number): void =>
      requireSame(first, graph, recordOnce(false), write, { name: this.name, call, confirmed });
    return { graph, outputNames: first.outputNames, confirm };
  }

  /** The function, on stand-ins for its inputs and captures. */
  private body(names: readonly string[], standIns: readonly tf.Tensor[]): NamedTensors {
    return lendStandIns(this.captured, standIns.slice(names.length), () => {
      const outputs = this.fn(Object.fromEntries(names.map((name, i) => [name, standIns[i]])) as I);
      // A captured tensor that is returned must keep the stand-in's data when it gets its own back.
      const own = (tensor: tf.Tensor): tf.Tensor => (this.captured.includes(tensor) ? tf.clone(tensor) : tensor);
      return Object.fromEntries(namedOutputs(this.name, outputs).map(([name, tensor]) => [name, own(tensor)]));
    });
  }
}

const DTYPES: Readonly<Partial<Record<tf.DataType, number>>> = { float32: 1, int32: 3, bool: 10 };

function typeKey(tensor: tf.Tensor): string {
  return `${tensor.dtype}[${tensor.shape}]`;
}

function requireTensor(name: string, kind: "input" | "capture", key: string, tensor: unknown): void {
  const refuse = (what: string): never => {
    throw new TypeError(`compile: ${kind} "${key}" of "${name}" ${what}`);
  };
  if (!(tensor instanceof tf.Tensor)) return refuse(`must be a tensor, got ${typeof tensor}`);
  if (tensor.isDisposed) refuse("has been disposed");
  if (DTYPES[tensor.dtype] === undefined) {
    refuse(`is ${tensor.dtype}: only float32, int32 and bool can be compiled`);
  }
}
