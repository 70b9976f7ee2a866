/** A function of tensors that runs in ONNX Runtime, with the parameters as they are when it is called. */
import { mapTree, namedLeaves, withLeaves, type Tree } from "../base/tree.js";
import type { TensorRecord } from "../compile/outputs.js";
import type { InputType } from "../compile/trace.js";
import type { ParameterView } from "../nn/index.js";
import type * as tf from "../runtime/tf.js";
import { OnnxError } from "./errors.js";
import { modelBytes } from "./model-file.js";
import type { OnnxGraph } from "./model-proto.js";
import { openGraph } from "./open-graph.js";
import { RuntimeSession } from "./runtime-session.js";
import { capturesOf } from "./to-onnx.js";

export interface RuntimeFunctionOptions {
  /** In messages. */
  readonly name: string;
  /** What the function reads besides its inputs. */
  readonly parameters: ParameterView;
}

/** A graph that is loaded, and whose numbers it holds. */
interface Loaded {
  readonly graph: OnnxGraph;
  /** The tree of the outputs, their paths in place of the tensors. */
  readonly outputs: Tree<string>;
  session: RuntimeSession;
  /** Of each parameter, what stood for its values when they were taken: a variable that is assigned gets another. */
  data: readonly object[];
}

/** The most shapes of an example held at once; batches do not count. */
const LARGEST_NUMBER_OF_GRAPHS = 4;

/**
 * `fn` in ONNX Runtime. It is recorded at the first call with examples of new shapes, for any batch; the parameters are
 * taken then, and again at the first call after one was assigned.
 */
export class RuntimeFunction<I extends TensorRecord, O extends TensorRecord> {
  private readonly held = new Map<string, Loaded>();

  constructor(
    private readonly fn: (inputs: I) => O,
    private readonly options: RuntimeFunctionOptions,
  ) {}

  /** Graphs held at present. */
  get graphs(): number {
    return this.held.size;
  }

  /**
   * @param inputs each with the batch as its first axis
   * @returns tensors that the caller disposes
   * @throws OnnxError where ONNX Runtime is not installed, or the function cannot be exported
   */
  call(inputs: I): O {
    const leaves = namedLeaves<tf.Tensor>(inputs);
    const loaded = this.loaded(inputs, leaves);
    const tensors = loaded.session.run(Object.fromEntries(leaves));
    return withLeaves(loaded.outputs, tensors) as O;
  }

  dispose(): void {
    for (const { session } of this.held.values()) session.dispose();
    this.held.clear();
  }

  private loaded(inputs: I, leaves: readonly [string, tf.Tensor][]): Loaded {
    const key = JSON.stringify(leaves.map(([path, { dtype, shape }]) => [path, dtype, shape.slice(1)]));
    const data = this.options.parameters.all.map(({ variable }) => variable.dataId);
    const held = this.held.get(key) ?? this.load(key, inputs, leaves, data);
    if (data.some((one, i) => one !== held.data[i])) {
      const session = this.session(held.graph);
      held.session.dispose();
      held.session = session;
      held.data = data;
    }
    return held;
  }

  private load(key: string, inputs: I, leaves: readonly [string, tf.Tensor][], data: readonly object[]): Loaded {
    const { name, parameters } = this.options;
    requireOneBatch(name, leaves);
    let outputs: Tree<string> = {};
    const graph = openGraph({
      name,
      fn: (given) => {
        const tree = this.fn(given as I);
        outputs = mapTree<tf.Tensor, string>(tree, (_, path) => path);
        return tree;
      },
      inputs: mapTree<tf.Tensor, string>(inputs, (_, path) => path),
      examples: new Map(
        leaves.map(([path, { dtype, shape }]): [string, InputType] => [path, { dtype, shape: shape.slice(1) }]),
      ),
      captures: capturesOf(parameters),
      layout: "nhwc",
    });
    const made: Loaded = { graph, outputs, session: this.session(graph), data };
    if (this.held.size >= LARGEST_NUMBER_OF_GRAPHS) {
      const [oldest, { session }] = this.held.entries().next().value!;
      session.dispose();
      this.held.delete(oldest);
    }
    this.held.set(key, made);
    return made;
  }

  private session(graph: OnnxGraph): RuntimeSession {
    return new RuntimeSession(
      this.options.name,
      modelBytes(graph),
      graph.outputs.map(({ name }) => name),
    );
  }
}

function requireOneBatch(name: string, leaves: readonly [string, tf.Tensor][]): void {
  const batches = new Set(leaves.map(([, { shape }]) => shape[0]));
  if (batches.size === 1 && leaves.every(([, { rank }]) => rank > 0)) return;
  const shapes = leaves.map(([path, { shape }]) => `${path} [${shape}]`).join(", ");
  throw new OnnxError(`"${name}" runs in ONNX Runtime where every input has as many examples, got ${shapes}`);
}
