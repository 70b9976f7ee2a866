/** Networks as ONNX files, and evaluated by ONNX Runtime. */
export { engineNames, type EngineName } from "./engine-names.js";
export { OnnxError } from "./errors.js";
export { toOnnx, type Exportable, type OnnxOptions } from "./to-onnx.js";
export type { ImageLayout } from "./emit.js";
export type { OnnxFiles } from "./model-file.js";
export type { NetworkPart } from "./network-function.js";
