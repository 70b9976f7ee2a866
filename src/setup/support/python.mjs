/** Finds a Python that can make virtual environments, or says which one to install. */
import { join } from "node:path";
import { ask } from "./command.mjs";
import { SetupError } from "./errors.mjs";
import { isSupportedPython } from "./gate.mjs";

/** @typedef {{ program: string, version: string, hasVenv: boolean, executable: string }} Python */

const CANDIDATES = ["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"];
const QUESTION = `
import importlib.util as u, platform, sys
print(platform.python_version(), all(u.find_spec(m) for m in ("venv", "ensurepip")), sys.executable)
`;

/**
 * Looks at one Python: its version, whether it can make a virtual environment, where it lies.
 *
 * @param {string} program
 * @returns {Promise<Python | null>}
 */
export async function inspectPython(program) {
  const answer = await ask(program, ["-c", QUESTION]);
  const match = /^(\S+) (True|False) (.+)$/m.exec(answer ?? "");
  if (match === null) return null;
  return { program, version: match[1], hasVenv: match[2] === "True", executable: match[3] };
}

/**
 * The first usable Python: `DIFFUSION_LAB_PYTHON` if set, else those on the PATH; and those that would not do.
 *
 * @returns {Promise<{ python: Python | null, seen: Python[] }>}
 */
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

/**
 * Why no Python would do, and what to install.
 *
 * @param {Python[]} seen
 * @param {string} [named] what DIFFUSION_LAB_PYTHON names
 */
export function pythonRefusal(seen, named = process.env["DIFFUSION_LAB_PYTHON"]) {
  const what = "Python";
  if (named && seen.length === 0) {
    return new SetupError(
      what,
      `DIFFUSION_LAB_PYTHON names ${named}, which is no Python that answers`,
      "Correct it, or unset it to take the first Python on the PATH.",
    );
  }
  const bare = seen.find((python) => isSupportedPython(python.version));
  if (bare !== undefined) {
    const [major, minor] = bare.version.split(".");
    return new SetupError(
      what,
      `Python ${bare.version} is here, but without its venv module`,
      `On Debian or Ubuntu: sudo apt install python${major}.${minor}-venv. Elsewhere install Python from https://python.org.`,
    );
  }
  const versions = seen.map((python) => `Python ${python.version}`).join(", ");
  return new SetupError(
    what,
    `Python 3.10 or newer is needed; ${seen.length > 0 ? `only ${versions} was found` : "no Python was found"}`,
    "Install Python 3.12 from https://python.org (Debian or Ubuntu: sudo apt install python3 python3-venv); " +
      "DIFFUSION_LAB_PYTHON=/path/to/python names one that is not on the PATH.",
  );
}

/**
 * The first usable Python.
 *
 * @throws {SetupError} if there is none
 */
export async function requirePython() {
  const { python, seen } = await findPython();
  if (python === null) throw pythonRefusal(seen);
  return python;
}

/**
 * A program of a virtual environment.
 *
 * @param {string} venv
 * @param {string} name
 */
export function venvPath(venv, name) {
  return process.platform === "win32" ? join(venv, "Scripts", `${name}.exe`) : join(venv, "bin", name);
}
