import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the checkout. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Where set-up keeps what belongs to this checkout alone: kernelspec, JupyterLab settings, stamps. */
export const LOCAL = join(ROOT, ".cache");

export const VENV = join(ROOT, ".venv");

export const JUPYTER = join(LOCAL, "jupyter");

const windows = process.platform === "win32";

export function venvProgram(name) {
  return windows ? join(VENV, "Scripts", `${name}.exe`) : join(VENV, "bin", name);
}

/**
 * The cache shared by every checkout of one user, so that a fresh clone need not download TensorFlow again.
 * `DIFFUSION_LAB_CACHE` moves it.
 */
export function userCache(env = process.env) {
  if (env["DIFFUSION_LAB_CACHE"]) return resolve(env["DIFFUSION_LAB_CACHE"]);
  const base = env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache");
  return join(base, "diffusion-lab");
}
