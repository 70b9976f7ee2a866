/** Step 2 of set-up: `.venv` with JupyterLab, from pinned packages. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./support/command.mjs";
import { ROOT, VENV, venvProgram } from "./paths.mjs";
import { requirePython } from "./support/python.mjs";
import { digest, isStamped, readJson, stamp, unstamp, writeAtomically } from "./support/stamps.mjs";

export const REQUIREMENTS = join(ROOT, "src", "setup", "python", "requirements.txt");
const STAMP = join(VENV, "diffusion-lab.json");

export function pythonKey() {
  return digest(readFileSync(REQUIREMENTS), VENV);
}

export function pythonReady() {
  return isStamped(STAMP, pythonKey()) && existsSync(venvProgram("python")) && existsSync(join(VENV, "package.json"));
}

export function pythonFacts() {
  return readJson(STAMP);
}

/**
 * Makes `.venv`, every package pinned by version and checksum.
 *
 * @param {import("./support/steps.mjs").Steps} steps
 */
export async function pythonEnvironment(steps) {
  if (pythonReady()) {
    steps.ready("Python environment", `.venv with JupyterLab, Python ${pythonFacts().python}`);
    return;
  }
  const python = await requirePython();
  await steps.step("Python environment", "about 60 s, 60 MB to download", async (progress) => {
    unstamp(STAMP);
    progress("creating .venv");
    await run(python.executable, ["-m", "venv", "--clear", VENV]);
    const total = readFileSync(REQUIREMENTS, "utf8").match(/^[\w.-]+==/gm)?.length ?? 0;
    let collected = 0;
    const onLine = (/** @type {string} */ line) => {
      const name = /^Collecting ([^\s=]+)/.exec(line)?.[1];
      if (name) progress(`${++collected} of at most ${total} packages, ${name}`);
      else if (line.startsWith("Installing collected")) progress("unpacking JupyterLab, about 20 s");
    };
    const options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"];
    const install = ["install", ...options, "--no-deps", "--require-hashes", "-r", REQUIREMENTS];
    await run(venvProgram("python"), ["-m", "pip", ...install], { cwd: ROOT, onLine });
    // JupyterLab runs CommonJS scripts from in here; the course's own package.json would make them ES modules.
    writeAtomically(join(VENV, "package.json"), '{ "type": "commonjs" }\n');
    stamp(STAMP, pythonKey(), { python: python.version });
    return `JupyterLab in .venv, Python ${python.version}`;
  });
}
