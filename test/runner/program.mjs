/** A program that tests something itself, as a part of a section. */
import { spawn } from "node:child_process";
import { ROOT } from "../../src/setup/paths.mjs";
import { seconds } from "../../src/setup/support/steps.mjs";

/** @typedef {{ passed: number, failed: number }} Counts */

/**
 * @param {string} output
 * @returns {Counts | null}
 */
function lastSummary(output) {
  const summary = [...output.matchAll(/(\d+) passed, (\d+) failed/g)].at(-1);
  return summary ? { passed: Number(summary[1]), failed: Number(summary[2]) } : null;
}

/**
 * Runs a program that tests something itself. With `count` it stands for that many tests and its output shows
 * only on failure; without, its output is passed on and its tests are counted in it, by default by its own last
 * "N passed, N failed".
 *
 * @param {string} name
 * @param {string} command
 * @param {string[]} args
 * @param {{ count?: number, read?: (output: string) => Counts | null, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<Counts>}
 */
export function program(name, command, args, { count, read = lastSummary, env = process.env } = {}) {
  return new Promise((resolve) => {
    const started = Date.now();
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
        if (count === undefined) process.stdout.write(text.replace(/^(\d+ passed, \d+ failed)$/gm, "   $1"));
      });
    }
    const finish = (/** @type {string | number | null | undefined} */ code) => {
      const ok = code === 0;
      if (count !== undefined) {
        console.log(`   ${ok ? "ok  " : "FAIL"} ${name} (${seconds(Date.now() - started)})`);
        if (!ok) console.log(output.trimEnd());
        resolve({ passed: ok ? count : 0, failed: ok ? 0 : count });
        return;
      }
      const { passed, failed } = read(output) ?? { passed: ok ? 1 : 0, failed: 0 };
      if (!ok) console.log(`   ${name} ended with ${code}`);
      resolve({ passed, failed: ok ? failed : Math.max(1, failed) });
    };
    child.on("error", (/** @type {NodeJS.ErrnoException} */ error) => {
      output += error.message;
      finish(error.code);
    });
    child.on("close", (code, signal) => finish(signal ?? code));
  });
}
