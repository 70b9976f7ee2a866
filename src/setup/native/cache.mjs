/** What the user's cache holds of native TensorFlow, and which of it can be used as it is. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { readJson } from "../support/stamps.mjs";
import { addonKey } from "./addons.mjs";
import { wrongContents, wrongSizes } from "./manifest.mjs";
import { machine, TENSORFLOW_VERSION, WHEELS } from "./wheels.mjs";

/**
 * The cache shared by every project of one user, so that the next one need not download TensorFlow again.
 * `DIFFUSION_LAB_CACHE` moves it.
 */
export function userCache(env = process.env) {
  if (env["DIFFUSION_LAB_CACHE"]) return resolve(env["DIFFUSION_LAB_CACHE"]);
  const base = env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache");
  return join(base, "diffusion-lab");
}

/** One folder of the user's cache: the libraries, their headers, and the addons built against them. */
export function nativeFolder(cache = userCache()) {
  return join(cache, `tensorflow-${TENSORFLOW_VERSION}-${machine}-napi8`);
}

/**
 * What a folder of the cache holds: whole libraries of the tested wheel, and addons built from these very sources.
 *
 * @param {string} folder
 * @param {string} tfjsNode the folder of tfjs-node
 * @returns {{ manifest: import("./manifest.mjs").Manifest | null, libraries: boolean, addons: boolean }}
 */
export function cacheState(folder, tfjsNode) {
  /** @type {import("./manifest.mjs").Manifest | null} */
  const manifest = readJson(join(folder, "manifest.json"));
  if (manifest === null) return { manifest, libraries: false, addons: false };
  const libraries =
    manifest.libraries !== undefined &&
    manifest.wheel === WHEELS[machine]?.sha256 &&
    wrongSizes(folder, manifest.libraries).length === 0;
  const addons =
    libraries &&
    manifest.addons !== undefined &&
    manifest.addonKey === addonKey(tfjsNode) &&
    wrongSizes(folder, manifest.addons).length === 0;
  return { manifest, libraries, addons };
}

/**
 * The files of the cache whose content is not what was put there; null where nothing was put.
 *
 * @param {string} folder
 */
export async function damagedFiles(folder) {
  /** @type {import("./manifest.mjs").Manifest | null} */
  const manifest = readJson(join(folder, "manifest.json"));
  return manifest && wrongContents(folder, { ...manifest.libraries, ...manifest.addons });
}
