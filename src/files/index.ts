/** File formats and safe writing: safetensors, shards, small floats, PNG, JPEG. */
export {
  commitTogether,
  requireWritable,
  requireWritableFolder,
  stageFile,
  writeFileAtomically,
  type FileContent,
  type StagedFile,
} from "./atomic-file.js";
export { replaceModel, type ModelFiles } from "./model-files.js";
export type { FloatFormat } from "./float-formats.js";
export type { TensorType } from "./tensor-types.js";
export {
  readSafetensors,
  SafetensorsError,
  SafetensorsFile,
  writeSafetensors,
  type NamedTensor,
  type SafetensorsOptions,
  type TensorEntry,
  type TensorSource,
} from "./safetensors.js";
export { ShardedSafetensors, writeShardedSafetensors, type ShardedOptions } from "./sharded-safetensors.js";
export { encodePng, pngSize, type Bitmap } from "./png.js";
export { decodeJpeg, decodePicture, decodePng, type DecodeOptions } from "./picture-decoder.js";
