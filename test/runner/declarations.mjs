/** Section "declarations". */
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { ROOT } from "../../src/setup/paths.mjs";

const require = createRequire(import.meta.url);
const SOURCES = [join(ROOT, "src"), join(ROOT, "src", "kernel")];

/**
 * The declaration files of a project; the build leaves none whose source is gone.
 *
 * @param {string} source
 */
function declarationFiles(source) {
  return readdirSync(join(source, "dist"), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".d.ts"))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/**
 * Reads the built declarations with an older TypeScript, stock tslab's 5.0.4. A type that it does not know, such as
 * `Float32Array<ArrayBuffer>`, would silently be `any` to who uses the library with it; here it is an error.
 */
export async function declarations() {
  const ts = require(
    require.resolve("@tslab/typescript-for-tslab", { paths: [require.resolve("tslab/package.json")] }),
  );
  const files = SOURCES.flatMap(declarationFiles);
  const program = ts.createProgram(files, {
    noEmit: true,
    strict: true,
    skipLibCheck: false,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2022.d.ts"],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ["node"],
  });
  let failed = 0;
  for (const file of files) {
    const source = program.getSourceFile(file);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    if (found.length === 0) continue;
    failed++;
    for (const { start, messageText } of found) {
      const { line } = source.getLineAndCharacterOfPosition(start);
      console.log(`   ${relative(ROOT, file)}:${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, "\n   ")}`);
    }
  }
  console.log(`   TypeScript ${ts.version}: ${files.length} files`);
  return failed === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed };
}
