/**
 * A function evaluated by the recorded graph in TensorFlow, by ONNX Runtime, or by the faster of the two. A browser gets
 * `engine-browser.ts` in its place.
 */
import { createHash } from "node:crypto";
import { cpus } from "node:os";
import { namedLeaves } from "../base/tree.js";
import { compile } from "../compile/compile.js";
import { CompileError } from "../compile/errors.js";
import { nativeBackend } from "../compile/native-backend.js";
import type { TensorRecord } from "../compile/outputs.js";
import type { ParameterView } from "../nn/index.js";
import { valuesExist } from "../runtime/recording.js";
import * as tf from "../runtime/tf.js";
import { warn } from "../runtime/warning.js";
import { requireEngine, type EngineName } from "./engine-names.js";
import { OnnxError } from "./errors.js";
import { keepPace, measurePace, readPaces, type Pace } from "./pace.js";
import { RuntimeFunction } from "./runtime-function.js";
import { ONNXRUNTIME_VERSION, whyNoOnnxruntime } from "./runtime-package.js";

export interface EvaluatedOptions {
  readonly name: string;
  readonly parameters: ParameterView;
  readonly engine: EngineName;
}

/** A function that is evaluated by an engine. */
export interface Evaluated<I extends TensorRecord, O extends TensorRecord> {
  /** The caller disposes the outputs. */
  (inputs: I): O;
  dispose(): void;
}

/**
 * `fn` evaluated by an engine. Where a gradient is taken, or within another recording, it is the graph's way always.
 *
 * @throws OnnxError at the first call with "onnxruntime" where it is not installed, or the function cannot be exported;
 *   with "auto" the graph is taken then, and a warning says so once
 */
export function evaluated<I extends TensorRecord, O extends TensorRecord>(
  fn: (inputs: I) => O,
  { name, parameters, engine }: EvaluatedOptions,
): Evaluated<I, O> {
  requireEngine(engine);
  const graph = compile(fn, { name, captures: parameters.tensors, frozen: true });
  if (engine === "graph") return graph;
  const runtime = new RuntimeFunction(fn, { name, parameters });
  const call =
    engine === "onnxruntime"
      ? (inputs: I): O => runtime.call(inputs)
      : chosen({ graph, runtime, parameters }, new Map<string, boolean>());
  const evaluate = (inputs: I): O => (tf.engine().isTapeOn() || !valuesExist() ? graph(inputs) : call(inputs));
  return Object.assign(evaluate, {
    dispose: () => {
      graph.dispose();
      runtime.dispose();
    },
  });
}

interface Engines<I extends TensorRecord, O extends TensorRecord> {
  readonly graph: (inputs: I) => O;
  readonly runtime: RuntimeFunction<I, O>;
  /** They tell networks apart. */
  readonly parameters: ParameterView;
}

/** The faster engine for the shapes of each call. @param faster whether it is ONNX Runtime, by shapes */
function chosen<I extends TensorRecord, O extends TensorRecord>(
  engines: Engines<I, O>,
  faster: Map<string, boolean>,
): (inputs: I) => O {
  return (inputs) => {
    const key = JSON.stringify(namedLeaves<tf.Tensor>(inputs).map(([path, { dtype, shape }]) => [path, dtype, shape]));
    let byRuntime = faster.get(key);
    if (byRuntime === undefined) {
      byRuntime = isFaster(engines, inputs, key);
      faster.set(key, byRuntime);
    }
    return byRuntime ? engines.runtime.call(inputs) : engines.graph(inputs);
  };
}

function isFaster<I extends TensorRecord, O extends TensorRecord>(
  { graph, runtime, parameters }: Engines<I, O>,
  inputs: I,
  shapes: string,
): boolean {
  const missing = whyNoOnnxruntime();
  if (missing !== undefined) return fallBack(missing);
  try {
    const network = JSON.stringify(parameters.all.map(({ name, variable }) => [name, variable.shape]));
    const key = createHash("sha256").update(`${shapes}\n${network}\n${machine()}`).digest("hex");
    const kept = readPaces()[key] as Pace | undefined;
    const pace =
      kept ??
      measurePace({
        graph: () => settled(graph(inputs)),
        onnxruntime: () => settled(runtime.call(inputs)),
      });
    if (!kept) keepPace(key, pace);
    return pace.onnxruntime < pace.graph;
  } catch (error) {
    if (!(error instanceof OnnxError || error instanceof CompileError)) throw error;
    return fallBack(error.message.split("\n")[0]);
  }
}

const said = new Set<string>();

/** One line, once a process for each reason. */
function fallBack(why: string): false {
  if (!said.has(why)) warn(`engine "auto" evaluates by the graph: ${why}`, "ENGINE_FALLBACK");
  said.add(why);
  return false;
}

/** Waits for outputs, and frees them. */
function settled(outputs: TensorRecord): void {
  for (const [, tensor] of namedLeaves<tf.Tensor>(outputs)) tensor.dataSync();
  tf.dispose(outputs as unknown as tf.TensorContainer);
}

/** What a pace holds for: this processor, these threads, these versions. */
function machine(): string {
  const { TF_NUM_INTRAOP_THREADS: threads, DIFFUSION_LAB_COMPILE: compiled } = process.env;
  const tensorflow = nativeBackend()?.binding.TF_Version;
  return JSON.stringify([cpus().map(({ model }) => model), threads, compiled, ONNXRUNTIME_VERSION, tensorflow]);
}
