/** A function as a loaded graph: recorded, held to be pure, run, and now and then recorded again. */
import { mapTree, namedLeaves, withLeaves, type Tree } from "../base/tree.js";
import type * as tf from "../runtime/tf.js";
import { dataTypeOf } from "./data-type.js";
import { canFreeze, FrozenSession, frozenRecording } from "./frozen.js";
import { defaultCacheFolder } from "./graph-cache.js";
import { emitGraph, type Graph } from "./graph-emitter.js";
import type { NativeBackend } from "./native-backend.js";
import type { NamedTensors } from "./outputs.js";
import type { Precision } from "./precision.js";
import { graphOfBoth, requireSame } from "./purity.js";
import { record } from "./recorder.js";
import type { NamedRecording, RecordedInput, Recording } from "./recording.js";
import { GraphSession } from "./session.js";
import { SignatureStore } from "./signature-store.js";
import { runOnStandIns, type StandInSource } from "./stand-ins.js";

/** From one recording that confirms a graph to the next, in calls: rare enough to cost next to nothing. */
const CONFIRMATION_FACTOR = 16;

/** What a program is made from. */
export interface ProgramSource extends StandInSource {
  /** Whether the captures may be constants of the graph. */
  readonly frozen?: boolean;
  readonly precision?: Precision;
  readonly cacheFolder?: string;
}

/** A function written as a graph, for one combination of shapes. Holds native memory until disposed. */
export class Program {
  private readonly recordOnce: (origins: boolean) => NamedRecording;
  private readonly write: (recording: Recording) => Graph;
  private readonly first: NamedRecording;
  private readonly graph: Graph;
  /** The tree of the outputs, their paths in place of the tensors. */
  private outputs: Tree<string> = {};
  private readonly load: (graph: Graph) => GraphSession;
  /** Loaded where it is needed: not while the captures are frozen. */
  private session: GraphSession | undefined;
  private readonly frozen: FrozenSession | undefined;
  private calls = 1;
  /** The call at which the graph was last seen to be what the function does. */
  private confirmedAt = 1;

  /**
   * Records the function twice (what differs is no program) and loads its graph.
   *
   * @param tensors the inputs of the first call, then the captures: only their types are used
   * @throws CompileError if the function cannot be recorded, is not pure, or TensorFlow refuses the graph
   */
  constructor(
    backend: NativeBackend,
    private readonly source: ProgramSource,
    tensors: readonly tf.Tensor[],
  ) {
    const { name, captures, frozen, precision, cacheFolder = defaultCacheFolder() } = source;
    const paths = namedLeaves<string>(source.inputs).map(([path]) => path);
    const inputs: RecordedInput[] = [...paths, ...captures.keys()].map((input, i) => {
      const { shape, dtype } = tensors[i];
      return { name: input, shape: [...shape], dtype: dataTypeOf(dtype)! };
    });
    const signatures = new SignatureStore(cacheFolder, backend.binding.TF_Version);
    const body = (standIns: readonly tf.Tensor[]): NamedTensors => {
      const outputs = runOnStandIns(source, standIns);
      this.outputs = mapTree(outputs, (_, path) => path);
      return Object.fromEntries(namedLeaves(outputs));
    };
    this.recordOnce = (origins) => {
      try {
        return record(backend, signatures, { name, inputs, body, origins });
      } finally {
        signatures.save();
      }
    };
    this.write = (recording) => emitGraph(backend.binding, recording, precision);
    this.first = this.recordOnce(true);
    this.graph = graphOfBoth(name, this.first, this.recordOnce(false), this.write);
    this.load = (graph) => new GraphSession(backend, graph, name, cacheFolder);
    if (frozen && captures.size > 0 && canFreeze([...captures.values()])) {
      const { recording } = this.first;
      this.frozen = new FrozenSession((values) => this.load(this.write(frozenRecording(recording, values))));
    } else this.session = this.load(this.graph);
  }

  /**
   * Counts a call after the first. Now and then the function is recorded once more, as numbers it closes over may have
   * changed since: recordings made one right after the other cannot tell.
   *
   * @throws CompileError if the function has become another program
   */
  confirm(): void {
    this.calls++;
    const { calls: call, confirmedAt: confirmed } = this;
    if (call < (confirmed === 1 ? 2 : CONFIRMATION_FACTOR * confirmed)) return;
    const occasion = { name: this.source.name, call, confirmed };
    requireSame(this.first, this.graph, this.recordOnce(false), this.write, occasion);
    this.confirmedAt = call;
  }

  /** @param tensors inputs, then captures; the caller disposes the outputs */
  run(tensors: readonly tf.Tensor[]): Tree<tf.Tensor> {
    const captures = this.source.captures.size;
    const frozen = this.frozen?.of(tensors.slice(tensors.length - captures));
    const results = frozen
      ? frozen.run(tensors.slice(0, tensors.length - captures))
      : (this.session ??= this.load(this.graph)).run(tensors);
    return withLeaves(this.outputs, results);
  }

  dispose(): void {
    this.session?.dispose();
    this.frozen?.dispose();
  }
}
