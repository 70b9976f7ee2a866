/** Step 3 of set-up: the native backend of this checkout; failing that the course runs on plain JavaScript. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheState, nativeFolder } from "./native/cache.mjs";
import { installNative, NAME, probeNative, WITHOUT_NATIVE } from "./native/install.mjs";
import { isLinked } from "./native/link.mjs";
import { temporaryPip } from "./native/project.mjs";
import { LOCAL, ROOT, venvProgram } from "./paths.mjs";
import { pythonReady } from "./python.mjs";
import { asSetupError } from "./support/errors.mjs";
import { digest, isStamped, readJson, stamp, unstamp } from "./support/stamps.mjs";

const STAMP = join(LOCAL, "native.json");

/** The package of this checkout. */
export const TFJS_NODE = join(ROOT, "node_modules", "@tensorflow", "tfjs-node");

/** Loads the backend of this checkout in a process of its own; returns what it reports. */
export function checkNative() {
  return probeNative(TFJS_NODE);
}

/** @param {unknown} manifest */
function stampKey(manifest) {
  return digest(JSON.stringify(manifest), process.version, TFJS_NODE);
}

/** What set-up last found out about the native backend. */
export function nativeFacts() {
  return readJson(STAMP);
}

/**
 * What a learner without the native backend can and cannot do.
 *
 * @param {{ why: string, remedy: string }} error
 */
export function withoutNative(error) {
  return [
    `${NAME} is not available: ${error.why}`,
    `Remedy: ${error.remedy}`,
    "The course goes on with the pure-JavaScript backend.",
    ...WITHOUT_NATIVE,
  ].join("\n");
}

/**
 * Nothing is done where the last set-up of the same files succeeded, with the same Node.
 *
 * @param {import("./support/steps.mjs").Steps} steps
 */
export async function nativeTensorFlow(steps) {
  const folder = nativeFolder();
  const { manifest, addons } = cacheState(folder, TFJS_NODE);
  const facts = nativeFacts();
  if (addons && isLinked(TFJS_NODE, folder) && isStamped(STAMP, stampKey(manifest))) {
    steps.ready(NAME, `TensorFlow ${facts.version}, ${facts.threads} threads`);
    return;
  }
  if (facts?.source === "published" && facts.node === process.version && existsSync(join(TFJS_NODE, "lib"))) {
    steps.ready(NAME, `TensorFlow ${facts.version} (published binary)`);
    return;
  }
  unstamp(STAMP);
  try {
    // Training and sampling need no JupyterLab, whose environment would have a pip.
    /** @type {(scratch: string) => Promise<string>} */
    const pip = async (scratch) => (pythonReady() ? venvProgram("python") : temporaryPip(scratch));
    const found = await installNative(steps, { tfjsNode: TFJS_NODE, pip });
    const key = found.source === "wheel" ? stampKey(cacheState(folder, TFJS_NODE).manifest) : "published";
    stamp(STAMP, key, found);
  } catch (error) {
    const reason = asSetupError(NAME, error);
    steps.warn(withoutNative(reason));
    stamp(STAMP, "none", { source: "none", reason: reason.why });
  }
}
