/** Takes away what an earlier build left: a compiled file whose source is gone or belongs to another package now. */
import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * Removes every file of a project's output folder that its compiler would not write, and every folder left empty.
 * Returns the paths of the files, from the output folder.
 *
 * @param {string} project the folder of a tsconfig.json with an `outDir`
 * @throws {Error} if the project's tsconfig.json cannot be read
 */
export function pruneOutput(project) {
  /** @type {typeof import("typescript")} */
  const ts = createRequire(import.meta.url)("typescript");
  const config = ts.getParsedCommandLineOfConfigFile(join(project, "tsconfig.json"), undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
      throw new Error(ts.flattenDiagnosticMessageText(messageText, "\n"));
    },
  });
  const output = config?.options.outDir;
  if (config === undefined || output === undefined) throw new Error(`${project}/tsconfig.json names no outDir`);
  if (!existsSync(output)) return [];
  const expected = new Set(config.fileNames.flatMap((file) => ts.getOutputFileNames(config, file, false)));
  const info = config.options.tsBuildInfoFile;
  if (info !== undefined) expected.add(info);
  const entries = readdirSync(output, { withFileTypes: true, recursive: true });
  const paths = entries.map((entry) => ({ entry, path: join(entry.parentPath ?? entry.path, entry.name) }));
  const stale = paths.filter(({ entry, path }) => !entry.isDirectory() && !expected.has(path));
  for (const { path } of stale) rmSync(path);
  // The deepest first.
  const folders = paths.filter(({ entry }) => entry.isDirectory()).map(({ path }) => path);
  for (const folder of folders.sort((a, b) => b.length - a.length)) {
    if (readdirSync(folder).length === 0) rmdirSync(folder);
  }
  return stale.map(({ path }) => path.slice(output.length + 1)).sort();
}
