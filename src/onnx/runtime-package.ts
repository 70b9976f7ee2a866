/** ONNX Runtime's addon, from the folder where `npm run doctor -- --install onnxruntime` puts it. */
import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { isMainThread } from "node:worker_threads";
import { defaultCacheFolder } from "../compile/graph-cache.js";
import { OnnxError } from "./errors.js";

/** The tested version; `src/setup/native/onnxruntime.mjs` installs it. */
export const ONNXRUNTIME_VERSION = "1.30.0";

const INSTALL = "npm run doctor -- --install onnxruntime (114 MB to download)";

/** A tensor as the addon takes and makes them. */
export class OrtTensor {
  readonly location = "cpu";

  constructor(
    readonly type: "float32" | "int32" | "bool",
    readonly data: Float32Array | Int32Array | Uint8Array,
    readonly dims: readonly number[],
  ) {}

  /** The addon asks for it by this name too. */
  get cpuData(): Float32Array | Int32Array | Uint8Array {
    return this.data;
  }
}

/** A loaded model, as far as it is used here: `run` computes before it returns. */
export interface OrtSession {
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: object): void;
  run(
    feeds: Readonly<Record<string, OrtTensor>>,
    fetches: Readonly<Record<string, null>>,
    options: object,
  ): Readonly<Record<string, OrtTensor>>;
  dispose(): void;
}

export interface OrtAddon {
  readonly InferenceSession: new () => OrtSession;
  initOrtOnce(logLevel: number, tensor: typeof OrtTensor, mainThread: boolean): void;
}

/** Where it lies, beside the graphs of the cache. */
export function onnxruntimeFolder(cache = dirname(defaultCacheFolder())): string {
  return join(cache, `onnxruntime-${ONNXRUNTIME_VERSION}-${process.platform}-${process.arch}`);
}

/** Why it cannot be loaded, with the remedy; undefined where it is there and its files have their sizes. */
export function whyNoOnnxruntime(folder = onnxruntimeFolder()): string | undefined {
  if (loaded) return undefined;
  const manifest = manifestOf(folder);
  if (manifest === undefined) return `ONNX Runtime ${ONNXRUNTIME_VERSION} is not installed: ${INSTALL}`;
  const damaged = Object.entries(manifest).filter(
    ([name, { bytes }]) => statSync(join(folder, name), { throwIfNoEntry: false })?.size !== bytes,
  );
  if (damaged.length === 0) return undefined;
  return `ONNX Runtime in ${folder} is damaged (${damaged.map(([name]) => name).join(", ")}): ${INSTALL}`;
}

function manifestOf(folder: string): Readonly<Record<string, { readonly bytes: number }>> | undefined {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as { files?: object };
    return manifest.files as Readonly<Record<string, { readonly bytes: number }>> | undefined;
  } catch {
    return undefined;
  }
}

const ERRORS_ONLY = 3;
let loaded: OrtAddon | undefined;

/** Takes another addon in its place, or none: what tests of this folder begin with. */
export function replaceOnnxruntime(addon: OrtAddon | undefined): void {
  loaded = addon;
}

/** @throws OnnxError with the remedy where it is not installed, is damaged or does not load */
export function loadOnnxruntime(): OrtAddon {
  if (loaded) return loaded;
  const folder = onnxruntimeFolder();
  const missing = whyNoOnnxruntime(folder);
  if (missing !== undefined) throw new OnnxError(missing);
  try {
    const addon = createRequire(import.meta.url)(join(folder, "onnxruntime_binding.node")) as OrtAddon;
    addon.initOrtOnce(ERRORS_ONLY, OrtTensor, isMainThread);
    return (loaded = addon);
  } catch (error) {
    throw new OnnxError(
      `ONNX Runtime in ${folder} does not load (${(error as Error).message}): delete the folder, then ${INSTALL}`,
      { cause: error },
    );
  }
}
