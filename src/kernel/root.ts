// Which folder is the project: cells import from there whatever folder their notebook lies in.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

function* upwards(folder: string): Generator<string> {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    yield at;
    if (path.dirname(at) === at) return;
  }
}

function hasWorkspaces(folder: string): boolean {
  try {
    const manifest = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as object;
    return "workspaces" in manifest;
  } catch {
    return false;
  }
}

/**
 * The nearest folder above the notebook in which `diffusion-lab` is installed, else the project of several packages that
 * this kernel belongs to, else the nearest folder with a `package.json`, else the notebook's own. `DIFFUSION_LAB_ROOT`
 * overrides all.
 */
export function projectRoot(notebookFolder: string = process.cwd()): string {
  if (process.env.DIFFUSION_LAB_ROOT) return path.resolve(process.env.DIFFUSION_LAB_ROOT);
  for (const folder of upwards(notebookFolder)) {
    if (existsSync(path.join(folder, "node_modules", "diffusion-lab"))) return folder;
  }
  for (const folder of upwards(path.dirname(fileURLToPath(import.meta.url)))) {
    if (hasWorkspaces(folder)) return folder;
  }
  for (const folder of upwards(notebookFolder)) {
    if (existsSync(path.join(folder, "package.json"))) return folder;
  }
  return path.resolve(notebookFolder);
}
