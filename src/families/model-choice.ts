import { existsSync } from "node:fs";
import { join } from "node:path";

/** The folder of a model: a name in runs/ or assets/, or the folder itself. Throws RangeError saying where it looked. */
export function modelFolder(name: string | undefined, help: string): string {
  if (name === undefined) throw new RangeError(`name a model\n\n${help}`);
  const candidates = [join("runs", name), join("assets", name), name];
  const found = candidates.find((folder) => existsSync(join(folder, "diffusion.json")));
  if (!found) {
    throw new RangeError(
      `no model "${name}": looked for diffusion.json in ${candidates.join(", ")}; train one with npm run train -- ${name}`,
    );
  }
  return found;
}
