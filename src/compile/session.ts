/** Loaded graphs: runs them and frees them. */
import type * as tf from "../runtime/tf.js";
import { CompileError } from "./errors.js";
import { withGraphFolder } from "./graph-cache.js";
import type { Graph } from "./graph-emitter.js";
import type { Binding, NativeBackend } from "./native-backend.js";
import { describeOrigin } from "./origin.js";

/** What is known of a graph that is loaded. */
export interface GraphSummary {
  /** Of the compiled function. */
  readonly name: string;
  /** Operations recorded. */
  readonly operations: number;
  /** Floating-point operations of the convolutions and matrix products of one call. */
  readonly flops: number;
}

const loaded = new Map<number, GraphSummary>();

/** The graphs of all compiled functions that are loaded at present, oldest first. */
export function loadedGraphs(): readonly GraphSummary[] {
  return [...loaded.values()];
}

interface Handle {
  readonly binding: Binding;
  readonly session: number;
}

/**
 * Graphs that were dropped without being disposed. Their origins hold the functions that were running when they were
 * recorded, so that whatever holds a graph holds its caller: only the handle may be held here.
 */
const abandoned = new FinalizationRegistry<Handle>(free);

function free({ binding, session }: Handle): void {
  loaded.delete(session);
  binding.deleteSavedModel(session);
}

/** A loaded graph: one call runs it. Holds native memory until disposed, or dropped and collected. */
export class GraphSession {
  private readonly session: number;
  private readonly inputNames: string;
  private readonly outputNames: string;
  private disposed = false;

  /** @throws CompileError if TensorFlow refuses the graph */
  constructor(
    private readonly backend: NativeBackend,
    private readonly graph: Graph,
    private readonly name: string,
    cacheFolder: string,
  ) {
    this.inputNames = graph.inputNames.join();
    this.outputNames = graph.outputNames.join();
    const load = (folder: string): number => backend.binding.loadSavedModel(folder, "serve");
    try {
      this.session = withGraphFolder(cacheFolder, graph.bytes, load);
    } catch (error) {
      throw this.explain("TensorFlow refuses the graph", error);
    }
    abandoned.register(this, { binding: backend.binding, session: this.session }, this);
    loaded.set(this.session, { name, operations: graph.origins.size, flops: graph.flops });
  }

  /** @returns the outputs in the graph's order; the caller disposes them */
  run(inputs: readonly tf.Tensor[]): tf.Tensor[] {
    if (this.disposed) throw new CompileError(`compile: the graph of "${this.name}" has been disposed`);
    const ids = this.backend.getInputTensorIds(inputs);
    try {
      const results = this.backend.binding.runSavedModel(this.session, ids, this.inputNames, this.outputNames);
      return results.map((metadata) => this.backend.createOutputTensor(metadata));
    } catch (error) {
      throw this.explain("the graph failed", error);
    }
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    abandoned.unregister(this);
    free({ binding: this.backend.binding, session: this.session });
  }

  private explain(what: string, error: unknown): CompileError {
    const text = (error as Error).message;
    const recorded = [...new Set(text.match(/operation_\d+/g) ?? [])].flatMap((node) => {
      const found = this.graph.origins.get(node);
      return found ? [`  ${node} is ${found.operation}, recorded\n${describeOrigin(found.origin)}`] : [];
    });
    const advice = "Set DIFFUSION_LAB_COMPILE=0 to run without graphs.";
    return new CompileError([`compile: "${this.name}": ${what}: ${text}`, ...recorded, advice].join("\n"), {
      cause: error,
    });
  }
}
