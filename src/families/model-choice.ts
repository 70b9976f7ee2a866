/** Which folder a name on the command line means. */
import { requireKind } from "../base/kinds.js";
import { requireText } from "../base/values.js";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { nearestName } from "../base/check.js";
import { INDEX } from "./folder.js";
import { isOneFile } from "./latent/index.js";
import { recipes } from "./recipes.js";

/** By what a folder is known for a model: its index, or of before, or of one network in a pipeline. */
const MARKS = [INDEX, "diffusion.json", "config.json"];
/** Where a name is looked for. */
const PLACES = ["runs", "assets"];

/**
 * The folder of a model: a name in runs/ or assets/, or the folder itself.
 *
 * @param help what is said where no model is named
 * @param folder the folder itself, where a name means another than from here
 * @throws RangeError saying where it looked, and what there is
 */
export function modelFolder(name: string | undefined, help: string, folder = name): string {
  requireKind("folder", folder, "a text");
  requireKind("help", help, "a text");
  if (name !== undefined) requireText("name", name, "a model's name");
  if (name === undefined) throw new RangeError(`name a model\n\n${help}`);
  const candidates = [...PLACES.map((place) => join(place, name)), folder ?? name];
  const found = candidates.find(isModel);
  if (found) return found;
  const there = candidates.filter((candidate) => existsSync(candidate));
  const holds = there.length > 0 ? ` (${there.join(", ")} is there, without ${INDEX})` : "";
  throw new RangeError(
    `no model "${name}": looked for ${INDEX} in ${candidates.join(", ")}${holds}; ${remedyFor(name)}`,
  );
}

function isModel(folder: string): boolean {
  return isOneFile(folder) || MARKS.some((mark) => existsSync(join(folder, mark)));
}

function remedyFor(name: string): string {
  if (Object.hasOwn(recipes, name)) return `train it with npm run train -- ${name}`;
  const known = PLACES.flatMap((place) =>
    existsSync(place) ? readdirSync(place).filter((one) => isModel(join(place, one))) : [],
  );
  const near = nearestName(name, [...known, ...Object.keys(recipes)]);
  const there = known.length > 0 ? `there are ${[...new Set(known)].join(", ")}, and ` : "";
  return `${near ? `did you mean "${near}"? ` : ""}${there}npm run train makes ${Object.keys(recipes).join(", ")}`;
}
