/** File formats and safe writing: safetensors, shards, small floats, PNG. */
export * from "./atomic-file.js";
export * from "./model-files.js";
export type { FloatFormat } from "./float-formats.js";
export * from "./safetensors.js";
export * from "./sharded-safetensors.js";
export { decodePng, encodePng, pngSize, type Bitmap } from "./png.js";
