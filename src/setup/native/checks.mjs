/** What native TensorFlow needs and whether it is there; nothing is changed. */
import { isSupportedNode, SUPPORTED_NODE } from "../support/gate.mjs";
import { findPython, pythonRefusal } from "../support/python.mjs";
import { cacheState, damagedFiles, nativeFolder } from "./cache.mjs";
import { compilerRemedy, findCompiler } from "./compiler.mjs";
import { probeNative } from "./install.mjs";

/** @typedef {import("../support/table.mjs").Row} Row */

/** @returns {Row} */
export function checkNode(version = process.version) {
  const ok = isSupportedNode(version);
  return {
    name: "Node",
    state: ok ? "ok" : "missing",
    found: version.slice(1),
    remedy: `install Node ${SUPPORTED_NODE}`,
  };
}

/** @returns {Promise<Row>} */
export async function checkPython() {
  const { python, seen } = await findPython();
  if (python !== null) return { name: "Python", state: "ok", found: `${python.version} (${python.executable})` };
  const { why, remedy } = pythonRefusal(seen);
  return { name: "Python", state: "missing", found: why, remedy };
}

/**
 * @param {string} tfjsNode
 * @returns {Promise<Row>}
 */
export async function checkCompiler(tfjsNode) {
  const compiler = await findCompiler();
  const built = cacheState(nativeFolder(), tfjsNode).addons;
  if (compiler) return { name: "C++ compiler", state: "ok", found: compiler.version };
  const found = built
    ? "not found, and not needed: the addon is built"
    : "not found: native TensorFlow cannot be built";
  return { name: "C++ compiler", state: "optional", found, remedy: built ? undefined : compilerRemedy() };
}

/**
 * @param {string} tfjsNode
 * @param {string} remedy
 * @param {string} [reason] why the last set-up went without
 * @returns {Promise<Row>}
 */
export async function checkTensorFlow(tfjsNode, remedy, reason) {
  const name = "native TensorFlow";
  try {
    const { version, threads, milliseconds, gflops } = await probeNative(tfjsNode);
    const found = `${version}, ${threads} threads; a 1024×1024 product in ${milliseconds} ms (${gflops} GFLOP/s)`;
    return { name, state: "ok", found };
  } catch {
    const because = reason ? `: ${reason.split("\n")[0]}` : "";
    const found = `not loaded${because}; image networks would be about 100 times slower`;
    return { name, state: "optional", found, remedy };
  }
}

/**
 * @param {string} remedy
 * @returns {Promise<Row>}
 */
export async function checkLibraries(remedy) {
  const name = "its files";
  const folder = nativeFolder();
  const wrong = await damagedFiles(folder);
  if (wrong === null) return { name, state: "optional", found: "not in the cache", remedy };
  if (wrong.length === 0) return { name, state: "ok", found: `checksums right, in ${folder}` };
  return { name, state: "missing", found: `${wrong.join(", ")} damaged`, remedy: `delete ${folder}, then ${remedy}` };
}
