// Where a name of an earlier cell needs more than tslab's rewriting to `exports.x`.
//
// In the shorthand property `{ x }` tslab asks for the property and not for the variable, and the cell fails: "x is not
// defined". And a call `exports.f()` hands over a `this` that `f()` does not have. In a pattern `{ x: y }` it takes the
// property x of an earlier value for a variable.
import type typescript from "typescript";
import type { TypeScript } from "./tslab.js";

/** Names with a value that the declarations of earlier cells, `.d.ts` text, bring into scope. */
export function declaredNames(ts: TypeScript, declarations: string): Set<string> {
  const file = ts.createSourceFile("declarations.d.ts", declarations, ts.ScriptTarget.Latest);
  const names = new Set<string>();
  const add = (name: typescript.Node | undefined): void => {
    if (name && ts.isIdentifier(name)) names.add(name.text);
  };
  for (const statement of file.statements) {
    if (ts.isVariableStatement(statement)) statement.declarationList.declarations.forEach(({ name }) => add(name));
    else if (ts.isImportDeclaration(statement)) {
      const { name, namedBindings } = statement.importClause ?? {};
      add(name);
      if (namedBindings && ts.isNamespaceImport(namedBindings)) add(namedBindings.name);
      else namedBindings?.elements.forEach((element) => add(element.name));
    } else if (
      ts.isFunctionDeclaration(statement) ||
      ts.isClassDeclaration(statement) ||
      ts.isEnumDeclaration(statement) ||
      ts.isModuleDeclaration(statement) ||
      ts.isImportEqualsDeclaration(statement)
    ) {
      add(statement.name);
    }
  }
  return names;
}

/**
 * `{ exports.x: y }` → `{ x: y }` in what tslab has rewritten: a pattern's property is no variable, though an earlier cell
 * declares the value that has it.
 */
export function mendPropertyNames(ts: TypeScript): typescript.TransformerFactory<typescript.SourceFile> {
  // The tree holds there what no parser would put there.
  const rewritten = (name: typescript.Node | undefined): typescript.Identifier | undefined =>
    name && ts.isPropertyAccessExpression(name) ? (name.name as typescript.Identifier) : undefined;
  return (context) => (file) => {
    const f = context.factory;
    const visit = (node: typescript.Node): typescript.Node => {
      const whole = ts.visitEachChild(node, visit, context);
      if (ts.isBindingElement(whole)) {
        const { dotDotDotToken, propertyName, name, initializer } = whole;
        const property = rewritten(propertyName);
        return property ? f.updateBindingElement(whole, dotDotDotToken, property, name, initializer) : whole;
      }
      if (!ts.isPropertyAssignment(whole)) return whole;
      const property = rewritten(whole.name);
      return property ? f.updatePropertyAssignment(whole, property, whole.initializer) : whole;
    };
    return ts.visitNode(file, visit) as typescript.SourceFile;
  };
}

/** Starts of the shorthand properties of a JavaScript module whose name is one of `earlier` and not one of its own. */
function borrowed(ts: TypeScript, text: string, earlier: ReadonlySet<string>): Set<number> {
  const name = "/cell.js";
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true);
  const found: typescript.ShorthandPropertyAssignment[] = [];
  const visit = (node: typescript.Node): void => {
    if (ts.isShorthandPropertyAssignment(node) && earlier.has(node.name.text)) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(file);
  if (found.length === 0) return new Set();

  const host: typescript.CompilerHost = {
    getSourceFile: (path) => (path === name ? file : undefined),
    getDefaultLibFileName: () => "",
    writeFile: () => undefined,
    getCurrentDirectory: () => "/",
    getCanonicalFileName: (path) => path,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => "\n",
    fileExists: (path) => path === name,
    readFile: (path) => (path === name ? text : undefined),
  };
  const options: typescript.CompilerOptions = {
    allowJs: true,
    noLib: true,
    noResolve: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ES2022,
  };
  const checker = ts.createProgram([name], options, host).getTypeChecker();
  return new Set(
    found.filter((node) => !checker.getShorthandAssignmentValueSymbol(node)).map((node) => node.getStart()),
  );
}

/**
 * `{ x }` → `{ x: exports.x }` where `x` is one of the `earlier` names and the cell has none of its own, and
 * `exports.f()` → `(0, exports.f)()`.
 */
export function mendEarlierNames(
  ts: TypeScript,
  text: string,
  earlier: ReadonlySet<string>,
): typescript.TransformerFactory<typescript.SourceFile> {
  const places = borrowed(ts, text, earlier);
  // A cell may have a variable `exports` in a function of its own.
  const calls = !/\bexports\b(?!\.)/.test(text);
  return (context) => (file) => {
    const f = context.factory;
    const isEarlier = (node: typescript.Expression): boolean =>
      ts.isPropertyAccessExpression(node) &&
      ts.isIdentifier(node.expression) &&
      node.expression.text === "exports" &&
      earlier.has(node.name.text);
    // V8 places such a call at the bracket after it; in the learner's line it begins where the name does.
    const withoutThis = (callee: typescript.Expression): typescript.Expression =>
      ts.setSourceMapRange(f.createParenthesizedExpression(f.createComma(f.createNumericLiteral(0), callee)), {
        pos: callee.pos,
        end: callee.getStart(file),
      });
    const visit = (node: typescript.Node): typescript.Node => {
      if (calls && ts.isCallExpression(node) && isEarlier(node.expression)) {
        const { expression, questionDotToken, typeArguments, arguments: given } = node;
        const args = ts.visitNodes(given, visit, ts.isExpression);
        const callee = withoutThis(expression);
        return ts.isCallChain(node)
          ? f.updateCallChain(node, callee, questionDotToken, typeArguments, args)
          : f.updateCallExpression(node, callee, typeArguments, args);
      }
      if (calls && ts.isTaggedTemplateExpression(node) && isEarlier(node.tag)) {
        const template = ts.visitNode(node.template, visit, ts.isTemplateLiteral);
        return f.updateTaggedTemplateExpression(node, withoutThis(node.tag), undefined, template);
      }
      if (!ts.isShorthandPropertyAssignment(node) || !places.has(node.getStart(file))) {
        return ts.visitEachChild(node, visit, context);
      }
      const value = ts.setTextRange(
        f.createPropertyAccessExpression(f.createIdentifier("exports"), node.name.text),
        node.name,
      );
      // In a pattern on the left of an assignment, `{ x = 1 }` has a default.
      const { objectAssignmentInitializer: otherwise } = node;
      const initializer = otherwise
        ? f.createAssignment(value, ts.visitNode(otherwise, visit) as typescript.Expression)
        : value;
      return ts.setTextRange(f.createPropertyAssignment(f.createIdentifier(node.name.text), initializer), node);
    };
    return ts.visitNode(file, visit) as typescript.SourceFile;
  };
}
