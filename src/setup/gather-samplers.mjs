/** Writes the list of samplers: every file of src/samplers that has a default export. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./paths.mjs";
import { writeAtomically } from "./support/stamps.mjs";

const FILE = "gathered.ts";

/**
 * The source of src/samplers/gathered.ts for what lies in that folder: a file with a default export is a sampler.
 *
 * @param {string} folder
 */
export function gatheredSamplers(folder) {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".ts") && name !== FILE)
    .filter((name) => /^export default /m.test(readFileSync(join(folder, name), "utf8")))
    .map((name) => name.slice(0, -".ts".length))
    .sort();
  /** @param {string} name */
  const identifier = (name) => name.replace(/-(.)/g, (_, /** @type {string} */ letter) => letter.toUpperCase());
  return [
    "// Written by the build (src/setup/gather-samplers.mjs): every file of this folder that has a default export.",
    'import type { SamplerEntry } from "./stepping/entry.js";',
    ...files.map((name) => `import ${identifier(name)} from "./${name}.js";`),
    "",
    ...files.map((name) => `export * from "./${name}.js";`),
    "",
    "/** What each file lists. */",
    "const gathered: readonly (readonly SamplerEntry[])[] = [",
    ...files.map((name) => `  ${identifier(name)},`),
    "];",
    "export default gathered;",
    "",
  ].join("\n");
}

/** Brings src/samplers/gathered.ts up to date; a file that is so already keeps its date. */
export function gatherSamplers(root = ROOT) {
  const folder = join(root, "src", "samplers");
  const source = gatheredSamplers(folder);
  const file = join(folder, FILE);
  if (source !== current(file)) writeAtomically(file, source);
}

/** @param {string} file */
function current(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) gatherSamplers();
