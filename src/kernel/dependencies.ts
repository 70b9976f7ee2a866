// Which modules a cell imports, directly or not: those that are run with it, written in TypeScript or JavaScript.
import path from "node:path";
import type typescript from "typescript";

type WithImports = typescript.SourceFile & { readonly imports?: readonly typescript.StringLiteralLike[] };

/**
 * Only from the cell on. TypeScript's own builder keeps such a table of all files, libraries with them, and makes it anew for
 * each version of a cell.
 */
export function dependenciesOf(program: typescript.Program, cell: typescript.SourceFile): typescript.SourceFile[] {
  const checker = program.getTypeChecker();
  const found = new Set([cell]);
  for (const file of found) {
    const imported = ((file as WithImports).imports ?? []).flatMap(
      (name) => checker.getSymbolAtLocation(name)?.declarations?.map((one) => one.getSourceFile()) ?? [],
    );
    const referenced = file.referencedFiles.map(({ fileName }) =>
      program.getSourceFile(path.resolve(path.dirname(file.fileName), fileName)),
    );
    for (const other of [...imported, ...referenced]) {
      // Declarations are of modules that are JavaScript already.
      if (other && !other.isDeclarationFile) found.add(other);
    }
  }
  return [...found];
}
