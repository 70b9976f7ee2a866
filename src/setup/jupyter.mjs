/** The options of `npm start`, and JupyterLab started as the course wants it. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { SetupError } from "./support/errors.mjs";
import { onOrphaned } from "./support/orphaned.mjs";
import { jupyterEnvironment, KERNELS } from "./kernelspec.mjs";
import { ROOT, venvProgram } from "./paths.mjs";

const FIRST_NOTEBOOK = "notebooks/00-welcome.ipynb";
const DEFAULT_PORT = 8888;

export const USAGE = `npm start [-- options]
  --no-browser     do not open a browser; the address is printed
  --port=N         ask for this port (default ${DEFAULT_PORT}; the next free one is taken if it is in use)
  --notebook=FILE  open this notebook (default ${FIRST_NOTEBOOK})
  --setup-only     install everything and stop`;

/** @param {string[]} args */
export function readArguments(args) {
  const options = { browser: true, port: DEFAULT_PORT, notebook: FIRST_NOTEBOOK, setupOnly: false, help: false };
  for (const argument of args) {
    const [name, value] = argument.split("=");
    if (name === "--no-browser") options.browser = false;
    else if (name === "--setup-only") options.setupOnly = true;
    else if (name === "--help" || name === "-h") options.help = true;
    else if (name === "--notebook" && value) options.notebook = value;
    else if (name === "--port" && /^\d+$/.test(value ?? "") && Number(value) <= 65535) options.port = Number(value);
    else throw new SetupError("npm start", `${argument} is not an option it knows`, `Use one of these:\n${USAGE}`);
  }
  return options;
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1" }, () => server.close(() => resolve(true)));
  });
}

/**
 * The port asked for, or the next free one among the fifty after it.
 *
 * @param {number} wanted
 */
export async function freePort(wanted) {
  for (let port = wanted; port < wanted + 50 && port <= 65535; port++) {
    if (await isFree(port)) return port;
  }
  throw new SetupError("JupyterLab", `ports ${wanted} to ${wanted + 49} are all in use`, "npm start -- --port=9500");
}

/** @param {{ browser: boolean, port: number, notebook: string, root?: string }} options */
export function jupyterArguments({ browser, port, notebook, root = ROOT }) {
  return [
    "-m",
    "jupyterlab",
    `--ServerApp.root_dir=${root}`,
    "--ServerApp.ip=127.0.0.1",
    `--ServerApp.port=${port}`,
    "--ServerApp.port_retries=20",
    `--ServerApp.open_browser=${browser ? "True" : "False"}`,
    `--LabApp.default_url=${existsSync(join(root, notebook)) ? `/lab/tree/${notebook}` : "/lab"}`,
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--MultiKernelManager.default_kernel_name=tslab",
    "--KernelSpecManager.ensure_native_kernel=False",
    `--KernelSpecManager.allowed_kernelspecs={${KERNELS.map((name) => `'${name}'`)}}`,
    "--LabApp.extension_manager=readonly",
    // Opening a notebook through jupytext compares the times of both files of a pair, which a clone sets at random.
    "--ServerApp.jpserver_extensions={'jupyterlab_jupytext': False}",
    "--Application.log_level=WARN",
    // A container's only user is often root; the server still listens to this machine only and asks for its token.
    ...(process.getuid?.() === 0 ? ["--allow-root"] : []),
  ];
}

/** Milliseconds that JupyterLab has to end its kernels and itself. */
const PATIENCE = 8000;

/**
 * Runs JupyterLab until it is closed; resolves with the exit code. Its token stays on, it listens to this machine only.
 * Ctrl-C, SIGTERM and the end of the terminal end JupyterLab and its kernels.
 *
 * @param {{ browser: boolean, port: number, notebook: string }} options
 * @returns {Promise<number>}
 */
export async function openJupyterLab(options) {
  if (!existsSync(join(ROOT, options.notebook)))
    console.log(`! There is no ${options.notebook}; JupyterLab opens on the folder.`);
  const port = await freePort(options.port);
  if (port !== options.port) console.log(`! Port ${options.port} is in use; JupyterLab takes ${port}.`);
  console.log("Opening JupyterLab, about 5 s. Ctrl-C ends it and its kernels.");
  const child = spawn(venvProgram("python"), jupyterArguments({ ...options, port }), {
    cwd: ROOT,
    env: jupyterEnvironment(),
    // It has no terminal of its own: what a terminal sends ends it through this process, in good order.
    stdio: ["ignore", "inherit", "inherit"],
    detached: true,
  });
  process.removeAllListeners("SIGINT");
  for (const signal of /** @type {NodeJS.Signals[]} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => endJupyterLab(child));
  }
  onOrphaned(() => endJupyterLab(child));
  // Writing to a terminal that is gone must not end this process before JupyterLab.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    // Without a code it was killed, by a lack of memory say.
    child.on("close", (code) => resolve(code ?? 1));
  });
}

/**
 * SIGTERM has JupyterLab end its kernels and then itself, without a question. A kernel whose JupyterLab had to be
 * killed ends by itself (src/kernel/control-thread.ts).
 *
 * @param {import("node:child_process").ChildProcess} child
 */
function endJupyterLab(child) {
  child.kill("SIGTERM");
  setTimeout(() => child.kill("SIGKILL"), PATIENCE).unref();
}
