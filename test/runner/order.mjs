/** Which test file runs first: the longest, so that none of them is left for the end, when the other processors idle. */
import { join } from "node:path";
import { LOCAL } from "../../src/setup/paths.mjs";
import { readJson, writeAtomically } from "../../src/setup/support/stamps.mjs";

const RECORD = join(LOCAL, "test-durations.json");

/**
 * Files as they should start: those that this checkout has not yet run, then the others as long as they last took.
 *
 * @param {string[]} files
 * @param {Record<string, number>} [durations]
 */
export function longestFirst(files, durations = readJson(RECORD) ?? {}) {
  return files.toSorted((a, b) => (durations[b] ?? Infinity) - (durations[a] ?? Infinity) || 0);
}

/**
 * Keeps what files took for the next time.
 *
 * @param {Record<string, number>} durations in milliseconds
 */
export function keepDurations(durations) {
  writeAtomically(RECORD, `${JSON.stringify({ ...readJson(RECORD), ...durations }, null, 2)}\n`);
}
