/** What `npm test` consists of. */
import { existsSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { SetupError } from "../../src/setup/support/errors.mjs";
import { ROOT, venvProgram } from "../../src/setup/paths.mjs";
import { declarations } from "./declarations.mjs";
import { listTests, nodeTests } from "./node-tests.mjs";
import { program } from "./program.mjs";

/** @typedef {import("./program.mjs").Counts} Counts */
/** @typedef {{ about: string, run: (filters: string[]) => Promise<Counts> }} Section */

const tool = (/** @type {string[]} */ ...path) => join(ROOT, "node_modules", ...path);

/** Test files at a time that only compute: one a processor, of which the largest takes 3 GB of memory. */
const AT_A_TIME = Math.max(2, Math.min(4, availableParallelism()));

/**
 * One section of test files, run `concurrency` at a time.
 *
 * @param {string[]} folders
 * @param {number} concurrency
 * @returns {Section["run"]}
 */
function testFiles(folders, concurrency) {
  return async (filters) => {
    const files = folders.flatMap((folder) => listTests(join(ROOT, "test", folder)));
    return nodeTests(
      files.filter((file) => matches(file, filters)),
      concurrency,
    );
  };
}

/**
 * A filter is a path from the root or any part of one.
 *
 * @param {string} file
 * @param {string[]} filters
 */
function matches(file, filters) {
  const path = file.replaceAll("\\", "/");
  return filters.length === 0 || filters.some((filter) => path.includes(filter.replace(/^\.\//, "")));
}

/**
 * The runner prints one line a notebook: "✓ 03-forward-process (12.3 s)".
 *
 * @param {string} output
 */
export function countNotebooks(output) {
  const count = (/** @type {string} */ mark) =>
    [...output.matchAll(new RegExp(`^${mark} \\S+ \\([\\d.]+ s\\)$`, "gm"))].length;
  return { passed: count("✓"), failed: count("✗") };
}

/**
 * Names, without their ending, of the notebooks that the filters ask for.
 *
 * @param {string[]} files
 * @param {string[]} filters
 */
export function chosenNotebooks(files, filters) {
  return files.filter((file) => matches(`notebooks/${file}`, filters)).map((file) => file.replace(/\.ipynb$/, ""));
}

/** @type {Section["run"]} */
async function notebooks(filters) {
  const folder = join(ROOT, "notebooks");
  const present = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".ipynb")) : [];
  if (present.length === 0) {
    console.log("   no notebooks yet");
    return { passed: 0, failed: 0 };
  }
  const chosen = chosenNotebooks(present, filters);
  if (chosen.length === 0) return { passed: 0, failed: 0 };
  return program("notebooks", venvProgram("python"), [join(ROOT, "src", "course", "run.py"), ...chosen], {
    read: countNotebooks,
  });
}

/** @type {Record<string, Section>} */
export const SECTIONS = {
  types: {
    about: "the library, the tests and the set-up pass the type checker",
    run: async () => {
      const tsc = tool("typescript", "bin", "tsc");
      const results = [];
      for (const [mode, project] of [
        ["-b", "src"],
        ["-b", "test/bench"],
        ["-p", "test"],
        ["-p", "src/setup"],
      ]) {
        results.push(await program(`tsc ${mode} ${project}`, process.execPath, [tsc, mode, project], { count: 1 }));
      }
      return sum(results);
    },
  },
  lint: {
    about: "no rule of the linter is broken, imports run downwards, and every file has the formatter's form",
    run: async () => {
      const prettier = [tool("prettier", "bin", "prettier.cjs"), "--check", "--log-level", "warn", "."];
      const eslint = [tool("eslint", "bin", "eslint.js"), "src", "test"];
      const cruiser = tool("dependency-cruiser", "bin", "dependency-cruise.mjs");
      const imports = [cruiser, "--config", "src/imports.config.mjs", "src"];
      return sum([
        await program("prettier", process.execPath, prettier, { count: 1 }),
        await program("eslint", process.execPath, eslint, { count: 1 }),
        await program("imports", process.execPath, imports, { count: 1 }),
      ]);
    },
  },
  declarations: {
    about: "what an older TypeScript (5.0) reads of the library",
    run: declarations,
  },
  unit: { about: "the library and the set-up, piece by piece", run: testFiles(["unit", "parity"], AT_A_TIME) },
  package: { about: "the library as others install it, and its set-up", run: testFiles(["package"], 1) },
  kernel: { about: "the kernel, through the Jupyter protocol", run: testFiles(["kernel"], 1) },
  notebooks: {
    about: "every notebook, executed on the course's kernel",
    run: async (filters) => sum([await testFiles(["notebooks"], 1)(filters), await notebooks(filters)]),
  },
  browser: { about: "JupyterLab in a real browser", run: testFiles(["browser"], 1) },
};

/** @param {Counts[]} results */
function sum(results) {
  return results.reduce((a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed }));
}

export const USAGE = `npm test [-- sections… files…]
  sections  ${Object.keys(SECTIONS).join(", ")} (all of them if none is named)
  files     only test files whose path contains one of these, e.g. test/unit/random.test.ts
Everything missing is set up first.`;

/** @param {string[]} args */
export function readArguments(args) {
  if (args.includes("--help") || args.includes("-h")) return { sections: [], filters: [], help: true };
  const named = args.filter((argument) => Object.hasOwn(SECTIONS, argument));
  const filters = args.filter((argument) => !Object.hasOwn(SECTIONS, argument));
  const unknown = filters.find((filter) => filter.startsWith("-"));
  if (unknown) throw new SetupError("npm test", `${unknown} is not an option it knows`, `Use:\n${USAGE}`);
  const withFilters =
    filters.length > 0 ? ["unit", "package", "kernel", "notebooks", "browser"] : Object.keys(SECTIONS);
  return { sections: named.length > 0 ? named : withFilters, filters, help: false };
}
