// Puts the kernel into the folders where Jupyter looks for kernels, under a name of its own, and takes it out again.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { kernelSpec } from "./kernelspec.js";

/** What the command was asked for cannot be done; the message says why, and what to do. */
export class InstallationError extends Error {
  override readonly name = "InstallationError";
}

/** Where a kernelspec goes: the user's own Jupyter, a prefix, or the Python environment that is active. */
export type Place = { readonly kind: "user" | "sys-prefix" } | { readonly kind: "prefix"; readonly prefix: string };

/** In `metadata` of the kernelspecs that this package wrote, and may replace or remove. */
const MARK = "diffusion_lab_kernel";

/** Jupyter's own rule. */
const KERNEL_NAME = /^[a-z0-9._-]+$/i;

/**
 * The folder that holds kernels at a place.
 *
 * @see jupyter_core, `jupyter_data_dir` and `SYSTEM_JUPYTER_PATH`
 */
export function kernelsFolder(place: Place, env: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  if (place.kind === "prefix") return path.resolve(place.prefix, "share", "jupyter", "kernels");
  if (place.kind === "sys-prefix") return path.join(pythonPrefix(env), "share", "jupyter", "kernels");
  return path.join(userData(env, platform), "kernels");
}

function userData(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  if (env.JUPYTER_DATA_DIR) return path.resolve(env.JUPYTER_DATA_DIR);
  const home = env.HOME || homedir();
  if (platform === "darwin") return path.join(home, "Library", "Jupyter");
  if (platform === "win32") return path.join(env.APPDATA || path.join(home, "AppData", "Roaming"), "jupyter");
  return path.join(env.XDG_DATA_HOME || path.join(home, ".local", "share"), "jupyter");
}

function pythonPrefix(env: NodeJS.ProcessEnv): string {
  for (const python of ["python3", "python"]) {
    const { status, stdout } = spawnSync(python, ["-c", "import sys; print(sys.prefix)"], { env, encoding: "utf8" });
    if (status === 0 && stdout.trim() !== "") return stdout.trim();
  }
  throw new InstallationError("--sys-prefix asks Python where it lies, and there is no python3: give --prefix DIR");
}

export interface KernelNames {
  /** The kernel's name for Jupyter, and of its folder. */
  readonly name: string;
  /** What a menu shows. */
  readonly displayName: string;
}

/**
 * Writes `NAME/kernel.json`, whole or not at all, and returns its path. An earlier one of this package is replaced.
 *
 * @throws InstallationError if the name is no kernel's, another kernel has it, the folder cannot be written, or this
 *   package lies in npx's cache
 */
export function install(place: Place, { name, displayName }: KernelNames): string {
  const file = specFile(place, name);
  requireOurs(file, name, "Give another --name");
  const spec = kernelSpec();
  const [, ...rest] = spec.argv;
  requireLasting(spec.argv.at(-3)!);
  const metadata = { ...spec.metadata, [MARK]: true };
  // The very Node that runs now: the one that Jupyter would find may be another, or none.
  const own = { ...spec, argv: [process.execPath, ...rest], display_name: displayName, metadata };
  const draft = `${file}.tmp-${process.pid}`;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(draft, `${JSON.stringify(own, null, 2)}\n`, { flag: "wx" });
    renameSync(draft, file);
  } catch (error) {
    throw new InstallationError(`${file} cannot be written: ${(error as Error).message}. Give --user, or --prefix DIR`);
  }
  return file;
}

/**
 * Removes what {@link install} wrote, and returns its path.
 *
 * @throws InstallationError if there is no such kernel, or it is another's
 */
export function uninstall(place: Place, name: string): string {
  const file = specFile(place, name);
  if (!existsSync(file))
    throw new InstallationError(`there is no kernel "${name}" in ${path.dirname(path.dirname(file))}`);
  requireOurs(file, name, "It is left alone");
  rmSync(file);
  try {
    rmdirSync(path.dirname(file));
  } catch {
    // Somebody put other files there; they stay.
  }
  return file;
}

function specFile(place: Place, name: string): string {
  if (!KERNEL_NAME.test(name) || /^\.+$/.test(name)) {
    throw new InstallationError(`"${name}" is no name of a kernel: use letters, digits, ".", "_" and "-"`);
  }
  return path.join(kernelsFolder(place), name.toLowerCase(), "kernel.json");
}

function requireOurs(file: string, name: string, remedy: string): void {
  if (!existsSync(path.dirname(file))) return;
  let metadata: unknown;
  try {
    metadata = (JSON.parse(readFileSync(file, "utf8")) as { metadata?: unknown } | null)?.metadata;
  } catch {
    // No kernelspec of ours looks like this.
  }
  if (typeof metadata === "object" && metadata !== null && Object.hasOwn(metadata, MARK)) return;
  throw new InstallationError(`the kernel "${name}" in ${path.dirname(file)} is not of this package. ${remedy}`);
}

/** npm empties npx's cache when it likes; a kernelspec would then start nothing. */
function requireLasting(launcher: string): void {
  if (!launcher.split(path.sep).includes("_npx")) return;
  throw new InstallationError(
    `this copy lies in npx's cache (${path.dirname(launcher)}), which does not last: ` +
      "npm install --global diffusion-lab-kernel, then diffusion-lab-kernel install",
  );
}
