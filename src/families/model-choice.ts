/** Which folder a name on the command line means. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { INDEX } from "./folder.js";

/** By what a folder is known for a model: its index, or of before, or of one network in a pipeline. */
const MARKS = [INDEX, "diffusion.json", "config.json"];

/** The folder of a model: a name in runs/ or assets/, or the folder itself. Throws RangeError saying where it looked. */
export function modelFolder(name: string | undefined, help: string): string {
  if (name === undefined) throw new RangeError(`name a model\n\n${help}`);
  const candidates = [join("runs", name), join("assets", name), name];
  const found = candidates.find((folder) => MARKS.some((name) => existsSync(join(folder, name))));
  if (!found) {
    throw new RangeError(
      `no model "${name}": looked for ${INDEX} in ${candidates.join(", ")}; train one with npm run train -- ${name}`,
    );
  }
  return found;
}
