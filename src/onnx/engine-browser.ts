/** In place of `engine.ts` in a browser, as package.json says under "browser": the function itself, without graphs. */
import { compile } from "../compile/compile.js";
import type { TensorRecord } from "../compile/outputs.js";
import type * as engine from "./engine.js";
import { requireEngine } from "./engine-names.js";
import { OnnxError } from "./errors.js";

export function evaluated<I extends TensorRecord, O extends TensorRecord>(
  fn: (inputs: I) => O,
  { name, parameters, engine: asked }: engine.EvaluatedOptions,
): engine.Evaluated<I, O> {
  requireEngine(asked);
  if (asked === "onnxruntime") throw new OnnxError('ONNX Runtime runs in Node: take the engine "graph" here');
  return compile(fn, { name, captures: parameters.tensors, frozen: true });
}
