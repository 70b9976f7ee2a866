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

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder that holds kernels at a place.
 *
 * @see jupyter_core, `jupyter_data_dir` and `SYSTEM_JUPYTER_PATH`
 */
export function kernelsFolder(place: Place, env: Environment = process.env, platform = process.platform): string {
  const { join, resolve } = pathsOf(platform);
  if (place.kind === "prefix") return resolve(place.prefix, "share", "jupyter", "kernels");
  if (place.kind === "sys-prefix") return join(pythonPrefix(env), "share", "jupyter", "kernels");
  return join(userData(env, platform), "kernels");
}

/**
 * Where VS Code looks, whatever Jupyter is told of other folders of the user's; it looks into those of JUPYTER_PATH, too.
 *
 * @see vscode-jupyter, `JupyterPaths.getKernelSpecRootPath`
 */
export function vsCodeFolder(env: Environment = process.env, platform = process.platform): string {
  const { join } = pathsOf(platform);
  const home = homeOf(env, platform);
  if (platform === "win32") return join(home, "AppData", "Roaming", "jupyter", "kernels");
  return join(home, ...(platform === "darwin" ? ["Library", "Jupyter"] : [".local", "share", "jupyter"]), "kernels");
}

const pathsOf = (platform: NodeJS.Platform): path.PlatformPath => (platform === "win32" ? path.win32 : path.posix);

const homeOf = (env: Environment, platform: NodeJS.Platform): string =>
  (platform === "win32" ? env.USERPROFILE : env.HOME) || homedir();

function userData(env: Environment, platform: NodeJS.Platform): string {
  const { join, resolve } = pathsOf(platform);
  if (env.JUPYTER_DATA_DIR) return resolve(env.JUPYTER_DATA_DIR);
  const home = homeOf(env, platform);
  const { JUPYTER_PLATFORM_DIRS: choice = "no" } = env;
  const asPlatform = !/^(no?|false|off|0|0\.0)$/i.test(choice);
  if (platform === "darwin") return join(home, "Library", ...(asPlatform ? ["Application Support"] : []), "Jupyter");
  if (platform === "win32") {
    if (asPlatform) return join(env.LOCALAPPDATA || join(home, "AppData", "Local"), "Jupyter");
    if (env.APPDATA) return join(env.APPDATA, "jupyter");
    return join(env.JUPYTER_CONFIG_DIR || join(home, ".jupyter"), "data");
  }
  return join(env.XDG_DATA_HOME || join(home, ".local", "share"), "jupyter");
}

function pythonPrefix(env: Environment): string {
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
