/** A tensor function as an ONNX graph whose batch is open. */
import { namedLeaves, type Tree } from "../base/tree.js";
import { trace, type InputType } from "../compile/trace.js";
import type { TensorRecord } from "../compile/outputs.js";
import { inOnePiece } from "../nn/attention.js";
import { emit, type CapturedTensor, type ImageLayout } from "./emit.js";
import type { OnnxGraph } from "./model-proto.js";
import { openBatch, pruned } from "./open-program.js";
import { rewritten } from "./rewrite.js";

/** Recorded at both; what grows with them grows with the batch. Neither is 1, which broadcasts. */
const BATCHES = [2, 3] as const;

export interface OpenGraphSource {
  /** In messages. */
  readonly name: string;
  readonly fn: (inputs: TensorRecord) => TensorRecord;
  /** The tree of the inputs, their paths in place of the tensors. */
  readonly inputs: Tree<string>;
  /** Of each input by its path: the shape of one example, the batch left out, and the type. */
  readonly examples: ReadonlyMap<string, InputType>;
  /** What an input is called in the graph, by its path; default the path. */
  readonly names?: Readonly<Record<string, string>>;
  readonly captures: ReadonlyMap<string, CapturedTensor>;
  readonly layout: ImageLayout;
}

/**
 * @throws OnnxError if the function does not treat examples alike at every batch size, or does what ONNX files of this
 *   library do not have
 * @throws CompileError if it cannot be recorded
 */
export function openGraph({ examples, names = {}, captures, layout, ...source }: OpenGraphSource): OnnxGraph {
  const tensors = new Map([...captures].map(([name, { tensor }]) => [name, tensor]));
  const record = (batch: number): ReturnType<typeof trace> => {
    const types = [...examples].map(([path, { shape, dtype }]) => [path, { shape: [batch, ...shape], dtype }] as const);
    return inOnePiece(() => trace({ ...source, captures: tensors }, new Map(types)));
  };
  const [first, second] = BATCHES.map(record);
  const program = openBatch(source.name, [first.recording, second.recording], BATCHES);
  const paths = namedLeaves<string>(source.inputs).map(([path]) => path);
  return emit({
    name: source.name,
    program: rewritten(pruned(program)),
    inputs: paths.map((path) => names[path] ?? path),
    outputs: first.outputNames,
    captures,
    layout,
  });
}
