// Which names live on after a cell that failed half-way: those that were given a value, with their types,
// and of the others what an earlier cell had given them.
import type typescript from "typescript";
import { declaredNames } from "./shorthands.js";
import type { TypeScript } from "./tslab.js";

function parse(ts: TypeScript, text: string): typescript.SourceFile {
  return ts.createSourceFile("declarations.d.ts", text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
}

/** The part of a statement that declares a kept name, or nothing. */
function part(
  ts: TypeScript,
  statement: typescript.Statement,
  keep: (name: string) => boolean,
): typescript.Statement | undefined {
  const f = ts.factory;
  if (ts.isVariableStatement(statement)) {
    const list = statement.declarationList;
    const kept = list.declarations.filter((one) => ts.isIdentifier(one.name) && keep(one.name.text));
    if (kept.length === 0) return undefined;
    return f.updateVariableStatement(statement, statement.modifiers, f.updateVariableDeclarationList(list, kept));
  }
  if (ts.isImportDeclaration(statement) && statement.importClause) {
    const clause = statement.importClause;
    const name = clause.name && keep(clause.name.text) ? clause.name : undefined;
    let bindings = clause.namedBindings;
    if (bindings && ts.isNamespaceImport(bindings)) {
      if (!keep(bindings.name.text)) bindings = undefined;
    } else if (bindings) {
      const elements = bindings.elements.filter((element) => keep(element.name.text));
      bindings = elements.length > 0 ? f.updateNamedImports(bindings, elements) : undefined;
    }
    if (!name && !bindings) return undefined;
    return f.updateImportDeclaration(
      statement,
      statement.modifiers,
      f.updateImportClause(clause, clause.isTypeOnly, name, bindings),
      statement.moduleSpecifier,
      undefined,
    );
  }
  const named = statement as typescript.Statement & { name?: typescript.Node };
  if (named.name && ts.isIdentifier(named.name)) return keep(named.name.text) ? statement : undefined;
  return statement;
}

function print(
  ts: TypeScript,
  text: string,
  keep: (name: string) => boolean,
  kind: (statement: typescript.Statement) => boolean = () => true,
): string {
  const file = parse(ts, text);
  const printer = ts.createPrinter({ newLine: ts.NewLineKind.LineFeed });
  return file.statements
    .filter(kind)
    .flatMap((statement) => part(ts, statement, keep) ?? [])
    .map((statement) => printer.printNode(ts.EmitHint.Unspecified, statement, file) + "\n")
    .join("");
}

/**
 * Declarations after a failed cell. `before` is what lived before the cell, `after` what would live had it
 * succeeded, `lost` the names it never gave a value.
 */
export function survivingDeclarations(
  ts: TypeScript,
  before: string,
  after: string,
  lost: ReadonlySet<string>,
): string {
  return print(ts, after, (name) => !lost.has(name)) + print(ts, before, (name) => lost.has(name));
}

/**
 * `after`, the declarations after a cell, with those of `before` that tslab forgets after one cell: namespaces, and
 * `import name = Namespace.member`.
 */
export function withNamespaces(ts: TypeScript, before: string, after: string): string {
  const known = declaredNames(ts, after);
  const forgotten = (one: typescript.Node): boolean => ts.isModuleDeclaration(one) || ts.isImportEqualsDeclaration(one);
  return after + print(ts, before, (name) => !known.has(name), forgotten);
}
