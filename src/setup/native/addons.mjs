/** The addons: tfjs-node's own binding, unmodified, and the small ones of src/runtime/addons. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../support/command.mjs";
import { digest, readJson, writeAtomically } from "../support/stamps.mjs";
import { describeFiles } from "./manifest.mjs";

/** One C source each. */
const SMALL_ADDONS = ["quiet_stderr", "drop_pages"];
const SMALL_SOURCES = fileURLToPath(new URL("../../runtime/addons/", import.meta.url));

const COMMON_FLAGS = ["-O2", "-fPIC", "-shared", "-DNAPI_VERSION=8"];
const SYSTEM_FLAGS = process.platform === "darwin" ? ["-undefined", "dynamic_lookup"] : [];
const RPATH = process.platform === "darwin" ? "@loader_path/../../deps/lib" : "$ORIGIN/../../deps/lib";

/** @param {string} name */
const smallSource = (name) => join(SMALL_SOURCES, `${name}.c`);

/** @param {string} tfjsNode the folder of tfjs-node */
const bindingSources = (tfjsNode) =>
  ["tfjs_backend.cc", "tfjs_binding.cc"].map((name) => join(tfjsNode, "binding", name));

/** Where the headers of Node's C interface are; Node itself does not always bring them. */
function nodeHeaders() {
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve("node-api-headers/package.json")), "include");
}

/**
 * Changes whenever the addons would be built differently; null while the package is not installed.
 *
 * @param {string} tfjsNode
 */
export function addonKey(tfjsNode) {
  const binding = bindingSources(tfjsNode);
  if (!binding.every((path) => existsSync(path))) return null;
  const sources = [...binding, ...SMALL_ADDONS.map(smallSource)].map((path) => readFileSync(path));
  return digest(...sources, [...COMMON_FLAGS, ...SYSTEM_FLAGS, RPATH].join(" "));
}

/**
 * Builds the addons against the libraries of a folder of the cache.
 *
 * @param {string} folder
 * @param {string} tfjsNode
 * @param {import("./compiler.mjs").Compiler} compiler
 */
export async function buildAddons(folder, tfjsNode, compiler) {
  const output = join(folder, "lib", "napi-v8");
  const staging = join(folder, `lib.tmp-${process.pid}`);
  mkdirSync(staging, { recursive: true });
  try {
    const node = ["-I", nodeHeaders()];
    const include = [...node, "-I", join(folder, "deps", "include"), "-I", join(tfjsNode, "binding")];
    const link = ["-L", join(folder, "deps", "lib"), "-ltensorflow", "-ltensorflow_framework", `-Wl,-rpath,${RPATH}`];
    const flags = ["-std=c++17", ...COMMON_FLAGS, ...SYSTEM_FLAGS];
    const binding = join(staging, "tfjs_binding.node");
    await run(compiler.program, [...flags, ...include, ...bindingSources(tfjsNode), "-o", binding, ...link]);
    const smallFlags = ["-x", "c", ...COMMON_FLAGS, ...SYSTEM_FLAGS, ...node];
    for (const name of SMALL_ADDONS) {
      await run(compiler.program, [...smallFlags, smallSource(name), "-o", join(staging, `${name}.node`)]);
    }
    rmSync(output, { recursive: true, force: true });
    mkdirSync(dirname(output), { recursive: true });
    renameSync(staging, output);
    const names = ["tfjs_binding", ...SMALL_ADDONS].map((name) => `lib/napi-v8/${name}.node`);
    const built = { addonKey: addonKey(tfjsNode), addons: await describeFiles(folder, names) };
    const manifest = { ...readJson(join(folder, "manifest.json")), ...built };
    writeAtomically(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}
