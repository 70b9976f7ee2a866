/** The whole library in one import, all but what programs and notebooks are written with. */
export * as tf from "./runtime/tf.js";
export { nativeStatus, type NativeStatus } from "./runtime/native.js";
export { InterruptedError } from "./runtime/interrupt.js";
export { NotFiniteError } from "./runtime/finite.js";
export * from "./random/index.js";
export * from "./diffusion/index.js";
export * from "./samplers/index.js";
export * from "./numeric/index.js";
export {
  decodeJpeg,
  decodePicture,
  decodePng,
  encodePng,
  pngSize,
  readSafetensors,
  SafetensorsError,
  SafetensorsFile,
  ShardedSafetensors,
  writeSafetensors,
  writeShardedSafetensors,
  type Bitmap,
  type DecodeOptions,
  type FloatFormat,
  type NamedTensor,
  type SafetensorsOptions,
  type ShardedOptions,
  type TensorEntry,
  type TensorSource,
} from "./files/index.js";
export * from "./text/index.js";
export * from "./nn/index.js";
export * from "./networks/index.js";
export * from "./compile/index.js";
export * from "./onnx/index.js";
export * from "./training/index.js";
export * from "./families/index.js";
export * from "./data/index.js";
export * from "./metrics/index.js";
export * from "./plot/index.js";
