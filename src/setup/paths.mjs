/** Where the checkout keeps what set-up makes. */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { venvPath } from "./support/python.mjs";

/** The root of the checkout. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Where set-up keeps what belongs to this checkout alone: kernelspec, JupyterLab settings, stamps. */
export const LOCAL = join(ROOT, ".cache");

export const VENV = join(ROOT, ".venv");

export const JUPYTER = join(LOCAL, "jupyter");

/**
 * A program of the checkout's virtual environment.
 *
 * @param {string} name
 */
export function venvProgram(name) {
  return venvPath(VENV, name);
}
