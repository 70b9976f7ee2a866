import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const util = require("node:util") as Record<string, unknown>;

// Node 23 removed two helpers that tfjs-node 4.22.0 still calls (tfjs issues 8425, 8609).
util["isNullOrUndefined"] ??= (value: unknown) => value === null || value === undefined;
util["isArray"] ??= Array.isArray;

// Silences TensorFlow's start-up chatter; warnings and errors still show.
process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "2";

/** What was loaded, and why not the native backend if it was not. */
export interface NativeStatus {
  readonly native: boolean;
  readonly version: string;
  readonly reason?: string;
}

function load(): NativeStatus {
  try {
    const tf = require("@tensorflow/tfjs-node") as { backend(): { binding: { TF_Version: string } } };
    return { native: true, version: tf.backend().binding.TF_Version };
  } catch (error) {
    const tfjs = require("@tensorflow/tfjs") as { version: { tfjs: string } };
    return { native: false, version: tfjs.version.tfjs, reason: (error as Error).message };
  }
}

export const nativeStatus: NativeStatus = load();
