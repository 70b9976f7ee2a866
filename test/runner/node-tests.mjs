/** Test files, each in a process of its own. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { LOCAL, ROOT } from "../../src/setup/paths.mjs";
import { readJson } from "../../src/setup/support/stamps.mjs";
import { seconds } from "../../src/setup/support/steps.mjs";
import { keepDurations, longestFirst } from "./order.mjs";
import { writtenPlaces } from "./written-places.mjs";

const TIMEOUT_MS = 15 * 60_000;
const COUNTER = pathToFileURL(join(ROOT, "test", "runner", "counter.mjs")).href;

/** @typedef {import("./program.mjs").Counts} Counts */
/** @typedef {{ code: string | number | null, counts: Counts | null, timedOut: boolean }} Ended */

/**
 * Every test file under a folder, as paths from the root, in a fixed order.
 *
 * @param {string} folder
 */
export function listTests(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.test\.(ts|mjs)$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

/**
 * Runs one file in a process of its own; its output is kept for the case that it fails.
 *
 * @param {string[]} program the file, after the flags that it needs
 * @param {string} counts where its reporter writes them
 * @param {NodeJS.ProcessEnv} settings
 * @returns {Promise<Ended & { output: string, ms: number }>}
 */
function runFile(program, counts, settings) {
  return new Promise((resolve) => {
    const started = Date.now();
    const reporters = [
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
      `--test-reporter=${COUNTER}`,
      `--test-reporter-destination=${counts}`,
    ];
    const child = spawn(process.execPath, [...reporters, ...program], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...settings, ...process.env, NO_COLOR: "1" },
    });
    let output = "";
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
    }, TIMEOUT_MS);
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => (output += text));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ output, timedOut, code: signal ?? code, counts: readJson(counts), ms: Date.now() - started });
    });
  });
}

/**
 * What a finished file counts for: its own tests, or one failure if it died, hung or tested nothing.
 *
 * @param {Ended} ended
 */
export function verdict({ code, counts, timedOut }) {
  if (timedOut)
    return { passed: counts?.passed ?? 0, failed: (counts?.failed ?? 0) + 1, why: "did not end in 15 minutes" };
  if (counts === null) return { passed: 0, failed: 1, why: `ended with ${code} before its tests did` };
  if (counts.passed + counts.failed === 0) return { passed: 0, failed: 1, why: "ran no test" };
  if (code !== 0 && counts.failed === 0) return { ...counts, failed: 1, why: `ended with ${code}` };
  return { ...counts, why: "" };
}

/**
 * What Node is given to run each file: on what set-up has built, or, where that failed, on the sources.
 *
 * @param {string[]} files
 * @param {string} scratch
 */
async function programsOf(files, scratch) {
  if (process.env["DIFFUSION_LAB_BUILT"] !== "1") return files.map((file) => ["--import", "tsx", file]);
  // Not before set-up has installed what compiles them.
  const { compiled } = await import("./compiled.mjs");
  return (await compiled(files, scratch)).map((file) => [file]);
}

/**
 * Runs test files, so many at a time.
 *
 * @param {string[]} chosen
 * @param {number} concurrency
 * @returns {Promise<Counts>}
 */
export async function nodeTests(chosen, concurrency) {
  const files = longestFirst(chosen);
  const total = { passed: 0, failed: 0 };
  if (files.length === 0) {
    console.log("   no test files");
    return total;
  }
  mkdirSync(LOCAL, { recursive: true });
  // Within the checkout, so that compiled tests find its packages.
  const scratch = mkdtempSync(join(LOCAL, "tests-"));
  process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));
  const programs = await programsOf(files, scratch);
  // Each its share of the processors: two threads that wait for each other on one cost a quarter more time.
  const share = Math.max(1, Math.floor(availableParallelism() / concurrency));
  const settings = concurrency > 1 ? { TF_NUM_INTRAOP_THREADS: `${share}` } : {};
  /** @type {Record<string, number>} */
  const durations = {};
  let next = 0;
  let done = 0;
  const worker = async () => {
    while (next < files.length) {
      const index = next++;
      const result = await runFile(programs[index], join(scratch, `${index}.json`), settings);
      const { passed, failed, why } = verdict(result);
      durations[files[index]] = result.ms;
      total.passed += passed;
      total.failed += failed;
      done++;
      const mark = failed === 0 ? "ok  " : "FAIL";
      const note = why === "" ? "" : `, ${why}`;
      console.log(
        `   ${mark} [${done}/${files.length}] ${files[index]}: ${passed + failed} tests${note} (${seconds(result.ms)})`,
      );
      if (failed > 0) console.log(writtenPlaces(result.output).trimEnd().replace(/^/gm, "        "));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  keepDurations(durations);
  return total;
}
