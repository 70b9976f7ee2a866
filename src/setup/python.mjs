import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ask, run } from "./command.mjs";
import { SetupError } from "./errors.mjs";
import { isSupportedPython } from "./gate.mjs";
import { ROOT, VENV, venvProgram } from "./paths.mjs";
import { digest, isStamped, readJson, stamp, unstamp, writeAtomically } from "./stamps.mjs";

export const REQUIREMENTS = join(ROOT, "src", "setup", "python", "requirements.txt");
const STAMP = join(VENV, "diffusion-lab.json");

const CANDIDATES = ["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"];
const QUESTION = `
import importlib.util as u, platform, sys
print(platform.python_version(), all(u.find_spec(m) for m in ("venv", "ensurepip")), sys.executable)
`;

/** Looks at one Python: its version, whether it can make a virtual environment, where it lies. */
export async function inspectPython(program) {
  const answer = await ask(program, ["-c", QUESTION]);
  const match = /^(\S+) (True|False) (.+)$/m.exec(answer ?? "");
  if (match === null) return null;
  return { program, version: match[1], hasVenv: match[2] === "True", executable: match[3] };
}

/** The first usable Python: `DIFFUSION_LAB_PYTHON` if set, else those on the PATH. */
export async function findPython(env = process.env) {
  const named = env["DIFFUSION_LAB_PYTHON"];
  const seen = [];
  for (const program of named ? [named] : CANDIDATES) {
    const python = await inspectPython(program);
    if (python === null) continue;
    if (isSupportedPython(python.version) && python.hasVenv) return { python, seen };
    seen.push(python);
  }
  return { python: null, seen };
}

/** Why no Python would do, and what to install. */
export function pythonRefusal(seen, named = process.env["DIFFUSION_LAB_PYTHON"]) {
  if (named && seen.length === 0) {
    return new SetupError(
      "Python environment",
      `DIFFUSION_LAB_PYTHON names ${named}, which is no Python that answers`,
      "Correct it, or unset it to take the first Python on the PATH.",
    );
  }
  const tooOld = seen.filter((python) => !isSupportedPython(python.version));
  const bare = seen.filter((python) => isSupportedPython(python.version));
  if (bare.length > 0) {
    const [major, minor] = bare[0].version.split(".");
    return new SetupError(
      "Python environment",
      `Python ${bare[0].version} is here, but without its venv module`,
      `On Debian or Ubuntu: sudo apt install python${major}.${minor}-venv. Elsewhere install Python from https://python.org.`,
    );
  }
  const found =
    tooOld.length > 0 ? `only ${tooOld.map((p) => `Python ${p.version}`).join(", ")} was found` : "no Python was found";
  return new SetupError(
    "Python environment",
    `JupyterLab needs Python 3.10 or newer; ${found}`,
    "Install Python 3.12 from https://python.org (Debian or Ubuntu: sudo apt install python3 python3-venv); " +
      "DIFFUSION_LAB_PYTHON=/path/to/python names one that is not on the PATH.",
  );
}

export function pythonKey() {
  return digest(readFileSync(REQUIREMENTS), VENV);
}

export function pythonReady() {
  return isStamped(STAMP, pythonKey()) && existsSync(venvProgram("python")) && existsSync(join(VENV, "package.json"));
}

export function pythonFacts() {
  return readJson(STAMP);
}

/** Step 2: `.venv` with JupyterLab, every package pinned by version and checksum. */
export async function pythonEnvironment(steps) {
  if (pythonReady()) {
    steps.ready("Python environment", `.venv with JupyterLab, Python ${pythonFacts().python}`);
    return;
  }
  const { python, seen } = await findPython();
  if (python === null) throw pythonRefusal(seen);
  await steps.step("Python environment", "about 60 s, 60 MB to download", async (progress) => {
    unstamp(STAMP);
    progress("creating .venv");
    await run(python.executable, ["-m", "venv", "--clear", VENV]);
    const total = readFileSync(REQUIREMENTS, "utf8").match(/^[\w.-]+==/gm).length;
    let collected = 0;
    const onLine = (line) => {
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
