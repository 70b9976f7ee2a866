export { compile, type Compiled, type CompileOptions, type NamedTensors } from "./compile.js";
export { CompileError } from "./errors.js";
export { bfloat16Supported, requirePrecision, type Precision } from "./precision.js";
export { loadedGraphs, type GraphSummary } from "./session.js";
