import { spawn } from "node:child_process";
import { ROOT } from "../../src/setup/paths.mjs";
import { seconds } from "../../src/setup/steps.mjs";

const SUMMARY = /(\d+) passed, (\d+) failed/g;

/**
 * Runs a program that tests something itself. With `count` it stands for that many tests and its output shows
 * only on failure; without, its output is passed on and its own last "N passed, N failed" is read.
 *
 * @param {string} name
 * @param {string} command
 * @param {string[]} args
 * @param {{ count?: number }} [options]
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export function program(name, command, args, { count } = {}) {
  return new Promise((resolve) => {
    const started = Date.now();
    const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
        if (count === undefined) process.stdout.write(text.replace(/^(\d+ passed, \d+ failed)$/gm, "   $1"));
      });
    }
    const finish = (code) => {
      const summary = [...output.matchAll(SUMMARY)].at(-1);
      const ok = code === 0;
      if (count !== undefined) {
        console.log(`   ${ok ? "ok  " : "FAIL"} ${name} (${seconds(Date.now() - started)})`);
        if (!ok) console.log(output.trimEnd());
        resolve({ passed: ok ? count : 0, failed: ok ? 0 : count });
        return;
      }
      const passed = summary ? Number(summary[1]) : ok ? 1 : 0;
      const failed = summary ? Number(summary[2]) : 0;
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
