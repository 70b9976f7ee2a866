/**
 * `npm run train`, `sample`, `notebooks` …: sets up what the program needs, without a word if nothing is missing, then runs
 * it: one of src or test/bench, compiled or in Python, in a process that is started as one that computes
 * (src/runtime/native-process.ts).
 */
import { once } from "node:events";
import { requireSupportedNode } from "./support/gate.mjs";

requireSupportedNode();

const { spawn } = await import("node:child_process");
const { existsSync } = await import("node:fs");
const { join } = await import("node:path");
const { pathToFileURL } = await import("node:url");
const { asSetupError, SetupError } = await import("./support/errors.mjs");
const { buildBenchmark } = await import("./library.mjs");
const { ROOT, venvProgram } = await import("./paths.mjs");
const { setUp } = await import("./setup.mjs");
const { onOrphaned } = await import("./support/orphaned.mjs");
const { printFailure, QuietSteps } = await import("./support/steps.mjs");

const [name, ...words] = process.argv.slice(2);
/** The benchmark is a package of its own, built when it is asked for. */
const BENCH = "test/bench";
const project = name.startsWith(`${BENCH}/`) ? BENCH : "src";
const inPython = name.endsWith(".py");
/** A command's help and what only writes notebooks need the library alone; only programs in Python need JupyterLab's environment. */
const computes = !name.startsWith("course/") && !words.some((word) => word === "--help" || word === "-h");
const needs = { notebooks: inPython, native: inPython || computes };
const file = inPython ? join(ROOT, "src", name) : join(ROOT, project, "dist", `${name.replace(`${BENCH}/`, "")}.js`);

async function prepare() {
  try {
    const steps = new QuietSteps(process.stderr);
    await setUp(steps, needs);
    if (project === BENCH) await buildBenchmark(steps);
  } catch (error) {
    // A part that does not compile need not be the part that is wanted.
    const { what } = asSetupError(name, error);
    if (!["library", "benchmark"].includes(what) || !existsSync(file)) throw error;
    printFailure(asSetupError(name, error));
  }
  if (!existsSync(file))
    throw new SetupError(name, `there is no ${file}`, "`git status` shows what differs from the published course.");
}

/** Runs the program to its end, which becomes this process's own. */
async function runProgram() {
  const settings = pathToFileURL(join(ROOT, "src", "dist", "runtime", "native-process.js")).href;
  const { computingProcess, forComputing } = await import(settings);
  const flags = inPython ? [] : [...computingProcess.nodeFlags, ...process.execArgv];
  const program = inPython ? venvProgram("python") : process.execPath;
  const child = spawn(program, [...flags, file, ...words], { stdio: "inherit", env: forComputing(process.env) });
  // A terminal sends Ctrl-C to both processes; what others send reaches only this one.
  process.on("SIGINT", () => undefined);
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"])) process.on(signal, () => child.kill(signal));
  onOrphaned(() => child.kill("SIGTERM"));
  const [code, signal] = await once(child, "close");
  if (signal === null) {
    process.exitCode = code;
    return;
  }
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

try {
  await prepare();
  await runProgram();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  printFailure(asSetupError(name, error));
  process.exitCode = 1;
}
