#!/usr/bin/env node
/** `npx diffusion-lab`: gives the project it is run in native TensorFlow, or says what of it is there. */
import { requireSupportedNode } from "../support/gate.mjs";

requireSupportedNode();

const { asSetupError, SetupError } = await import("../support/errors.mjs");
const { printFailure, Steps } = await import("../support/steps.mjs");
const { exitCode, renderRow } = await import("../support/table.mjs");
const checks = await import("./checks.mjs");
const { installNative, WITHOUT_NATIVE } = await import("./install.mjs");
const { findTfjsNode, requireProject, requireTfjsNode, temporaryPip, WANTED } = await import("./project.mjs");

const SETUP = "npx diffusion-lab setup";

const USAGE = `${SETUP} [--check]
  Gives the project in this folder native TensorFlow: about 100 times as fast as
  plain JavaScript where networks have convolutions. It needs Python 3.10 with
  venv, a C++ compiler and, the first time on a machine, 274 MB to download and
  2 GB of disk. What it builds stays in ~/.cache/diffusion-lab for every project
  of yours (DIFFUSION_LAB_CACHE names another place). After \`npm ci\`, run it again.
  --check  say what is there and what is missing, and change nothing
  --help   this text`;

/** @param {string[]} args */
function readArguments(args) {
  const [command, ...options] = args;
  if (command === undefined || args.includes("--help") || args.includes("-h")) return "help";
  const unknown = command !== "setup" ? command : options.find((option) => option !== "--check");
  if (unknown !== undefined) {
    throw new SetupError("npx diffusion-lab", `${unknown} is not something it knows`, `Use:\n${USAGE}`);
  }
  return options.includes("--check") ? "check" : "setup";
}

/** Ends with 1 where a program of this project would run on plain JavaScript. */
async function check() {
  requireProject();
  const tfjsNode = findTfjsNode();
  /** @type {import("../support/table.mjs").Row[]} */
  const rows = [];
  /** @param {import("../support/table.mjs").Row} row */
  const show = (row) => {
    console.log(renderRow(row));
    rows.push(row);
  };
  show(checks.checkNode());
  show(await checks.checkPython());
  if (tfjsNode === null) {
    show({ name: "native TensorFlow", state: "missing", found: `${WANTED} is not installed`, remedy: SETUP });
  } else {
    show(await checks.checkCompiler(tfjsNode));
    const loaded = await checks.checkTensorFlow(tfjsNode, SETUP);
    show(loaded.state === "ok" ? loaded : { ...loaded, state: "missing" });
  }
  show(await checks.checkLibraries(SETUP));
  process.exitCode = exitCode(rows);
}

async function setup() {
  const project = requireProject();
  console.log(`diffusion-lab: native TensorFlow for ${project}`);
  const steps = new Steps(process.stdout, `${SETUP} --check`);
  process.once("SIGINT", () => {
    console.log("\nInterrupted. Nothing is broken: run the same command again and it goes on.");
    process.exit(130);
  });
  try {
    const tfjsNode = await requireTfjsNode(steps, project);
    const { version, source } = await installNative(steps, { tfjsNode, pip: temporaryPip });
    const kind = source === "wheel" ? "" : ", the published binary";
    console.log(`Programs of this project now run on native TensorFlow ${version}${kind}.`);
  } catch (error) {
    steps.warn(["Programs of this project go on with plain JavaScript.", ...WITHOUT_NATIVE].join("\n"));
    throw error;
  }
}

const COMMANDS = { help: () => console.log(USAGE), check, setup };

try {
  await COMMANDS[readArguments(process.argv.slice(2))]();
} catch (error) {
  printFailure(asSetupError(SETUP, error, `${SETUP} --check`));
  process.exitCode = 1;
}
