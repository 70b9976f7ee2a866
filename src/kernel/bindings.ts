// Rewrites a cell's JavaScript so that it hands each top-level name over as the line that declares it has run.
//
// A `let` or `var` is handed over as a pair of functions that read and write it, so that there is one variable, which
// this cell's own functions, its loops and all later cells share.
import type typescript from "typescript";
import type { TypeScript } from "./tslab.js";

/** The object that the rewritten code calls, a parameter of every cell: a `CellNames`. */
export const NAMES = "__names";

/** The top-level names of a cell that have a value. */
export interface CellBindings {
  readonly names: readonly string[];
  /** Those of them that are imported. */
  readonly imports: readonly string[];
}

/** All of the module's own names: tslab appends `export { … }` with them. */
function exportedNames(ts: TypeScript, file: typescript.SourceFile): Set<string> {
  const names = new Set<string>();
  for (const statement of file.statements) {
    if (ts.isExportDeclaration(statement) && !statement.moduleSpecifier && statement.exportClause) {
      if (!ts.isNamedExports(statement.exportClause)) continue;
      for (const { name, propertyName } of statement.exportClause.elements) names.add((propertyName ?? name).text);
    } else if (isExported(ts, statement)) {
      if (ts.isVariableStatement(statement))
        for (const { name } of statement.declarationList.declarations)
          for (const one of boundNames(ts, name)) names.add(one);
      else if ((ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name)
        names.add(statement.name.text);
    }
  }
  return names;
}

const isExported = (ts: TypeScript, node: typescript.Statement): boolean =>
  ts.canHaveModifiers(node) &&
  (ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false);

const withoutExport = (ts: TypeScript, node: typescript.HasModifiers): typescript.ModifierLike[] =>
  [...(node.modifiers ?? [])].filter(({ kind }) => kind !== ts.SyntaxKind.ExportKeyword);

function boundNames(ts: TypeScript, name: typescript.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return [...name.elements].flatMap((one) => (ts.isOmittedExpression(one) ? [] : boundNames(ts, one.name)));
}

function importedNames(ts: TypeScript, { importClause: clause }: typescript.ImportDeclaration): string[] {
  const bindings = clause?.namedBindings;
  const named = !bindings ? [] : ts.isNamespaceImport(bindings) ? [bindings] : [...bindings.elements];
  return [...(clause?.name ? [clause.name.text] : []), ...named.map(({ name }) => name.text)];
}

/**
 * - `const x = 1` → `const x = 1; __names.constant("x", x);`, and so for classes; for functions at the top
 * - `let y = 2` → `let y = 2; __names.variable("y", () => y, (v) => { y = v; });`
 * - `import z from "z"` → `import z from "z"; __names.imported("z");`
 * - a `var` inside a block → `__names.hoisted("w", () => w, (v) => { w = v; });` at the top
 *
 * @param found told the names
 */
export function handOverNames(
  ts: TypeScript,
  found: (bindings: CellBindings) => void,
): typescript.TransformerFactory<typescript.SourceFile> {
  return ({ factory: f }) => {
    const call = (method: string, name: string, ...more: typescript.Expression[]): typescript.Statement => {
      const callee = f.createPropertyAccessExpression(f.createIdentifier(NAMES), method);
      return f.createExpressionStatement(
        f.createCallExpression(callee, undefined, [f.createStringLiteral(name), ...more]),
      );
    };
    const constant = (name: string): typescript.Statement => call("constant", name, f.createIdentifier(name));
    const accessors = (name: string): typescript.Expression[] => {
      const value = f.createUniqueName("value");
      const arrow = (
        parameters: typescript.ParameterDeclaration[],
        body: typescript.ConciseBody,
      ): typescript.Expression => f.createArrowFunction(undefined, undefined, parameters, undefined, undefined, body);
      const assign = f.createExpressionStatement(f.createAssignment(f.createIdentifier(name), value));
      return [
        arrow([], f.createIdentifier(name)),
        arrow([f.createParameterDeclaration(undefined, undefined, value)], f.createBlock([assign])),
      ];
    };

    return (file) => {
      const names = exportedNames(ts, file);
      const imports: string[] = [];
      const atTop = new Set<string>();
      const own = (all: readonly string[]): string[] => {
        const mine = all.filter((name) => names.has(name));
        for (const name of mine) atTop.add(name);
        return mine;
      };
      const first: typescript.Statement[] = [];
      const rewritten = (statement: typescript.Statement): typescript.Statement[] => {
        if (ts.isVariableStatement(statement)) {
          const { declarationList: list } = statement;
          // One statement each: what an initialiser throws takes nothing from the names before it.
          return list.declarations.flatMap((given) => {
            // A new name, for TypeScript would write `exports.x` for the one that it knows to be exported.
            const name = isExported(ts, statement) && ts.isIdentifier(given.name) ? given.name.text : undefined;
            const one = name ? f.createVariableDeclaration(name, undefined, undefined, given.initializer) : given;
            const single = f.createVariableStatement(undefined, f.updateVariableDeclarationList(list, [one]));
            const isConst = (list.flags & (ts.NodeFlags.Const | ts.NodeFlags.Using)) !== 0;
            const handed = own(boundNames(ts, one.name)).map((name) =>
              isConst ? constant(name) : call("variable", name, ...accessors(name)),
            );
            return [ts.setTextRange(single, statement), ...handed];
          });
        }
        if (ts.isFunctionDeclaration(statement) && statement.name) {
          first.push(...own([statement.name.text]).map(constant));
          const { asteriskToken, name, parameters, body } = statement;
          const kept = withoutExport(ts, statement);
          return [
            f.updateFunctionDeclaration(statement, kept, asteriskToken, name, undefined, parameters, undefined, body),
          ];
        }
        if (ts.isClassDeclaration(statement) && statement.name) {
          const { name, heritageClauses, members } = statement;
          const bare = f.updateClassDeclaration(
            statement,
            withoutExport(ts, statement),
            name,
            undefined,
            heritageClauses,
            members,
          );
          return [bare, ...own([name.text]).map(constant)];
        }
        if (ts.isImportDeclaration(statement)) {
          const mine = own(importedNames(ts, statement));
          imports.push(...mine);
          return [statement, ...mine.map((name) => call("imported", name))];
        }
        if (ts.isExportDeclaration(statement) && !statement.moduleSpecifier && statement.exportClause) {
          if (!ts.isNamedExports(statement.exportClause)) return [statement];
          // TypeScript's own way to hand over an import follows it when it changes.
          const kept = statement.exportClause.elements.filter((one) =>
            imports.includes((one.propertyName ?? one.name).text),
          );
          return [f.createExportDeclaration(undefined, false, f.createNamedExports(kept))];
        }
        return [statement];
      };
      const isDirective = (one: typescript.Statement): boolean =>
        ts.isExpressionStatement(one) && ts.isStringLiteral(one.expression);
      const start = file.statements.findIndex((one) => !isDirective(one));
      const directives = file.statements.slice(0, start);
      const rest = file.statements.slice(start).flatMap(rewritten);
      for (const name of names) if (!atTop.has(name)) first.push(call("hoisted", name, ...accessors(name)));
      found({ names: [...names], imports });
      return f.updateSourceFile(file, [...directives, ...first, ...rest]);
    };
  };
}

/** A cell is no module that others import, and what marks one would call a function that cells may have replaced. */
export function unmarkModule(ts: TypeScript): typescript.TransformerFactory<typescript.SourceFile> {
  const isMark = (one: typescript.Statement): boolean =>
    ts.isExpressionStatement(one) &&
    ts.isCallExpression(one.expression) &&
    one.expression.arguments.some((argument) => ts.isStringLiteral(argument) && argument.text === "__esModule");
  return ({ factory: f }) =>
    (file) =>
      f.updateSourceFile(
        file,
        file.statements.filter((one) => !isMark(one)),
      );
}
