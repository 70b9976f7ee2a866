/** Compiled tensor functions: what the rest of the library and its users see of them. */
export { compile, type Compiled, type CompileOptions } from "./compile.js";
export { CompileError } from "./errors.js";
export { loadedGraphs, type GraphSummary } from "./session.js";
export type { NamedTensors, TensorRecord, TensorTree } from "./outputs.js";
export type { Precision } from "./precision.js";
export { bfloat16Supported } from "./processor.js";
