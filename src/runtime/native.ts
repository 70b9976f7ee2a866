/** Loads native TensorFlow where it is set up, else the plain-JavaScript backend. */
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { loadPlainBackend } from "./plain.js";

const require = createRequire(import.meta.url);
const util = require("node:util") as Record<string, unknown>;

// tfjs-node 4.22.0 calls two helpers that Node 22 warns of and Node 23 has removed (tfjs issues 8425, 8609).
util["isNullOrUndefined"] = (value: unknown) => value === null || value === undefined;
util["isArray"] = Array.isArray;

// Silences TensorFlow's information messages; warnings and errors still show.
process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "2";

/** What was loaded, and why not the native backend if it was not. */
export interface NativeStatus {
  readonly native: boolean;
  /** Of TensorFlow if native, of tfjs if not. */
  readonly version: string;
  /** Threads one operation may use: `TF_NUM_INTRAOP_THREADS` if set, else the processors at hand. */
  readonly threads: number;
  readonly reason?: string;
}

/** The addons that set-up builds beside the binding (addons/quiet_stderr.c, drop_pages.c). */
interface QuietStderr {
  capture(): boolean;
  release(): string;
}
interface DropPages {
  dropPages(library: string): number;
}

/** One of them, or null where they have not been built. */
function ownAddon<T>(name: string): T | null {
  try {
    const folder = dirname(require.resolve("@tensorflow/tfjs-node/package.json"));
    return require(join(folder, "lib", "napi-v8", `${name}.node`)) as T;
  } catch {
    return null;
  }
}

// Written before TensorFlow reads any logging setting, to file descriptor 2 itself.
const NOTICE =
  /All log messages before absl::InitializeLog|oneDNN custom operations|cpu_feature_guard|rebuild TensorFlow/;

/** Runs `load` with TensorFlow's start-up notices dropped; everything else it wrote to stderr is passed on. */
function quietly<T>(load: () => T): T {
  const quiet = ownAddon<QuietStderr>("quiet_stderr");
  if (process.env["DIFFUSION_LAB_VERBOSE"] || quiet === null || !quiet.capture()) return load();
  try {
    return load();
  } finally {
    const written = quiet.release();
    const rest = written.split("\n").filter((line) => line !== "" && !NOTICE.test(line));
    if (rest.length > 0) process.stderr.write(`${rest.join("\n")}\n`);
  }
}

function load(): NativeStatus {
  try {
    const tf = quietly(() => require("@tensorflow/tfjs-node") as { backend(): { binding: { TF_Version: string } } });
    // Most of the library's file was read to load it and is not needed again.
    ownAddon<DropPages>("drop_pages")?.dropPages("libtensorflow");
    const threads = Number(process.env["TF_NUM_INTRAOP_THREADS"]) || availableParallelism();
    return { native: true, version: tf.backend().binding.TF_Version, threads };
  } catch (error) {
    const version = loadPlainBackend(error as Error);
    return { native: false, version, threads: 1, reason: (error as Error).message };
  }
}

export const nativeStatus: NativeStatus = load();
