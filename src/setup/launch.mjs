/**
 * `npm run train`, `sample`, `notebooks` …: sets up what is missing without a word if nothing is, then runs the named
 * program of src/dist (or of src, if it is in Python) in a process that is started as one that computes (src/runtime/native-process.ts).
 */
import { once } from "node:events";
import { requireSupportedNode } from "./gate.mjs";

requireSupportedNode();

const { spawn } = await import("node:child_process");
const { existsSync } = await import("node:fs");
const { join } = await import("node:path");
const { pathToFileURL } = await import("node:url");
const { asSetupError, SetupError } = await import("./errors.mjs");
const { ROOT, venvProgram } = await import("./paths.mjs");
const { setUp } = await import("./setup.mjs");
const { printFailure, QuietSteps } = await import("./steps.mjs");

const [name, ...words] = process.argv.slice(2);
const inPython = name.endsWith(".py");
const file = inPython ? join(ROOT, "src", name) : join(ROOT, "src", "dist", `${name}.js`);

async function prepare() {
  try {
    await setUp(new QuietSteps(process.stderr));
  } catch (error) {
    // A part of the library that does not compile need not be the part that is wanted.
    if (error.what !== "library" || !existsSync(file)) throw error;
    printFailure(error);
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
