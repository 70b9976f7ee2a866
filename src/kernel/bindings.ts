// The top-level names of a cell's JavaScript, and the code by which they can be set from other cells.
import type typescript from "typescript";
import type { TypeScript } from "./tslab.js";

export interface Bindings {
  /** All names that the cell declares. */
  readonly names: readonly string[];
  /** Those that can be assigned: of `let` and `var`. */
  readonly assignable: readonly string[];
}

export function topLevelBindings(ts: TypeScript, javascript: string): Bindings {
  const file = ts.createSourceFile("cell.js", javascript, ts.ScriptTarget.ES2022);
  const [names, assignable]: [string[], string[]] = [[], []];
  const add = (name: typescript.BindingName, isConst: boolean): void => {
    if (!ts.isIdentifier(name)) {
      for (const element of name.elements) if (!ts.isOmittedExpression(element)) add(element.name, isConst);
      return;
    }
    // TypeScript's helpers.
    if (name.text.startsWith("__")) return;
    names.push(name.text);
    if (!isConst) assignable.push(name.text);
  };
  for (const statement of file.statements) {
    if (ts.isVariableStatement(statement)) {
      const { declarations, flags } = statement.declarationList;
      for (const { name } of declarations) add(name, (flags & ts.NodeFlags.Const) !== 0);
    } else if ((ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name) {
      add(statement.name, true);
    }
  }
  return { names, assignable };
}

/** A statement on one line, for the beginning of a cell: hands out how its bindings are set. */
export function linkStatement({ assignable }: Bindings): string {
  if (assignable.length === 0) return "";
  const setters = assignable.map((name) => `${name}: (__value) => { ${name} = __value; }`);
  return `__tslab__.link({ ${setters.join(", ")} }); `;
}
