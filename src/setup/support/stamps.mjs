/** Small files that say what has been done, written whole or not at all, and checksums. */
import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Writes a file so that a reader sees the old content or the new, never a part.
 *
 * @param {string} path
 * @param {string} content
 */
export function writeAtomically(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.tmp-${process.pid}`;
  writeFileSync(temporary, content);
  renameSync(temporary, path);
}

/**
 * One checksum of several parts; where a part ends matters.
 *
 * @param {...(string | Buffer)} parts
 */
export function digest(...parts) {
  const hash = createHash("sha256");
  for (const part of parts) {
    hash.update(String(part.length)).update(":").update(part);
  }
  return hash.digest("hex");
}

/**
 * The SHA-256 of a file, read in pieces.
 *
 * @param {string} path
 * @returns {Promise<string>}
 */
export function hashFile(path) {
  return new Promise((resolve, reject) => {
    const hash = createHash("sha256");
    createReadStream(path, { highWaterMark: 1 << 20 })
      .on("data", (chunk) => hash.update(chunk))
      .on("error", reject)
      .on("end", () => resolve(hash.digest("hex")));
  });
}

/**
 * The JSON in a file, or null where it is missing or cut short.
 *
 * @param {string} path
 * @returns {any}
 */
export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}

/**
 * A stamp is a small file that says with which inputs a step last succeeded. It is removed before the step
 * starts and written after it ended, so that an interrupted step is repeated.
 *
 * @param {string} path
 * @param {string} key
 */
export function isStamped(path, key) {
  return readJson(path)?.key === key;
}

/**
 * @param {string} path
 * @param {string} key
 * @param {object} [facts] what the step found out, for whoever asks later
 */
export function stamp(path, key, facts = {}) {
  writeAtomically(path, `${JSON.stringify({ key, ...facts }, null, 2)}\n`);
}

/** @param {string} path */
export function unstamp(path) {
  rmSync(path, { force: true });
}
