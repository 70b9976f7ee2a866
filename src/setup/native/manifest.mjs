/** Sizes and checksums of installed files, so that a damaged one is found. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { hashFile } from "../support/stamps.mjs";

/** @typedef {Record<string, { bytes: number, sha256: string }>} Files by their paths under a folder */

/**
 * What is recorded of an installation.
 *
 * @typedef {object} Manifest
 * @property {string} version of TensorFlow
 * @property {string} wheel the checksum of the wheel
 * @property {Files} libraries
 * @property {string} [addonKey] of what the addons were built from
 * @property {Files} [addons]
 */

/**
 * Size and checksum of every named file under a folder.
 *
 * @param {string} folder
 * @param {string[]} names
 */
export async function describeFiles(folder, names) {
  /** @type {Files} */
  const files = {};
  for (const name of names) {
    const path = join(folder, name);
    files[name] = { bytes: statSync(path).size, sha256: await hashFile(path) };
  }
  return files;
}

/**
 * The recorded files that are missing or have another size. Cheap: no content is read.
 *
 * @param {string} folder
 * @param {Files} [files]
 */
export function wrongSizes(folder, files = {}) {
  return Object.keys(files).filter((name) => {
    return statSync(join(folder, name), { throwIfNoEntry: false })?.size !== files[name].bytes;
  });
}

/**
 * The recorded files whose content is not what was installed. Reads everything (about 2 s).
 *
 * @param {string} folder
 * @param {Files} [files]
 */
export async function wrongContents(folder, files = {}) {
  const wrong = wrongSizes(folder, files);
  for (const [name, { sha256 }] of Object.entries(files)) {
    if (!wrong.includes(name) && (await hashFile(join(folder, name))) !== sha256) wrong.push(name);
  }
  return wrong;
}
