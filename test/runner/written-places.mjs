/** Where what failed was written: places in compiled files, as stacks name them, become places in the sources. */
import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../../src/setup/paths.mjs";

/**
 * Every "file:///…/dist/a.js:1:2" and "dist/a.js:1:2" whose file has a source map beside it as "/…/a.ts:3:4". Node does so
 * itself with --enable-source-maps, but then each process reads every map, a tenth of a second, whether anything fails or not.
 *
 * @param {string} output
 */
export function writtenPlaces(output) {
  /** @type {Map<string, SourceMap | null>} */
  const maps = new Map();
  return output.replace(/([^\s()'"]+\.js):(\d+):(\d+)/g, (place, file, line, column) => {
    const map = `${file.startsWith("file:") ? fileURLToPath(file) : resolve(ROOT, file)}.map`;
    if (map.includes("node_modules")) return place;
    if (!maps.has(map)) maps.set(map, existsSync(map) ? new SourceMap(JSON.parse(readFileSync(map, "utf8"))) : null);
    const found = maps.get(map)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (found === undefined || !("originalSource" in found)) return place;
    return `${resolve(dirname(map), found.originalSource)}:${found.originalLine + 1}:${found.originalColumn + 1}`;
  });
}
