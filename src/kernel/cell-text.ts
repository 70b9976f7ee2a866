// A cell's text as TypeScript is to read it. What only makes sense in a module (`export`) or is read otherwise at the
// start of a line (`{ a: 1 }`, to JavaScript a block with a label) is written as the learner means it.
import type typescript from "typescript";
import { parseModule, type Diagnostic, type Place, type TypeScript } from "./tslab.js";

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export class CellText {
  /** What TypeScript reads. */
  readonly text: string;
  private readonly code: string;
  private readonly edits: readonly Edit[];

  constructor(ts: TypeScript, code: string) {
    this.code = code;
    this.edits = [...withoutExports(ts, code), ...objectLiteral(ts, code)].sort((a, b) => a.start - b.start);
    let at = 0;
    let text = "";
    for (const edit of this.edits) {
      text += code.slice(at, edit.start) + edit.text;
      at = edit.end;
    }
    this.text = text + code.slice(at);
  }

  /** The diagnostics of the read text, at their places in the cell. */
  told(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
    if (this.edits.length === 0) return diagnostics;
    return diagnostics.map((one) =>
      one.fileName ? one : { ...one, start: this.place(one.start.offset), end: this.place(one.end.offset) },
    );
  }

  /** The place in the cell of one in the text that was read. */
  position({ line, column }: { line: number; column: number }): { line: number; column: number } {
    if (this.edits.length === 0) return { line, column };
    let start = 0;
    for (let i = 0; i < line; i++) start = this.text.indexOf("\n", start) + 1;
    const place = this.place(start + column);
    return { line: place.line, column: place.character };
  }

  private place(read: number): Place {
    return placeAt(this.code, this.original(read));
  }

  private original(read: number): number {
    let shift = 0;
    for (const { start, end, text } of this.edits) {
      if (read < start + shift) break;
      if (read < start + shift + text.length) return start;
      shift += text.length - (end - start);
    }
    return read - shift;
  }
}

function placeAt(code: string, offset: number): Place {
  const before = code.slice(0, offset);
  return { offset, line: before.split("\n").length - 1, character: offset - (before.lastIndexOf("\n") + 1) };
}

const TAKEN = new Set(["require", "exports"]);
const DUPLICATE_IDENTIFIER = 2441;

/** Declarations of names that every cell has. */
export function takenNames(ts: TypeScript, code: string): Diagnostic[] {
  if (!/\b(require|exports)\b/.test(code)) return [];
  const found: typescript.Identifier[] = [];
  const add = (name: typescript.BindingName): void => {
    if (!ts.isIdentifier(name))
      name.elements.forEach((one) => (ts.isOmittedExpression(one) ? undefined : add(one.name)));
    else if (TAKEN.has(name.text)) found.push(name);
  };
  for (const statement of parseModule(ts, code).statements) {
    if (ts.isVariableStatement(statement)) for (const { name } of statement.declarationList.declarations) add(name);
    else if ((ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name)
      add(statement.name);
  }
  return found.map((name) => ({
    start: placeAt(code, name.getStart()),
    end: placeAt(code, name.end),
    messageText: `Every cell has '${name.text}' already: use it, or give what is declared here another name.`,
    category: ts.DiagnosticCategory.Error,
    code: DUPLICATE_IDENTIFIER,
  }));
}

/** A cell's names are seen by later cells as they are; `export` adds nothing. */
function withoutExports(ts: TypeScript, code: string): Edit[] {
  if (!/\bexport\b/.test(code)) return [];
  return parseModule(ts, code).statements.flatMap((statement): Edit[] => {
    const start = statement.getStart();
    if (ts.isExportAssignment(statement) && !statement.isExportEquals)
      return [{ start, end: statement.expression.getStart(), text: "" }];
    if (ts.isExportDeclaration(statement)) {
      const { exportClause, moduleSpecifier, end } = statement;
      if (!exportClause) return moduleSpecifier ? [{ start, end: moduleSpecifier.getStart(), text: "import " }] : [];
      if (moduleSpecifier) return [{ start, end: start + "export".length, text: "import" }];
      const renamed = ts.isNamedExports(exportClause) && exportClause.elements.filter((one) => one.propertyName);
      const text = (renamed || []).map(({ name, propertyName }) => `const ${name.text} = ${propertyName?.text}; `);
      return [{ start, end, text: text.join("") }];
    }
    const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
    const last = modifiers.findLast(
      ({ kind }) => kind === ts.SyntaxKind.ExportKeyword || kind === ts.SyntaxKind.DefaultKeyword,
    );
    if (!last) return [];
    const anonymous = (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && !statement.name;
    const removed = { start: modifiers[0].getStart(), end: last.end, text: anonymous ? "(" : "" };
    return anonymous ? [removed, { start: statement.end, end: statement.end, text: ")" }] : [removed];
  });
}

/** The parentheses that make an object of the last lines of a cell, if they are one. */
function objectLiteral(ts: TypeScript, code: string): Edit[] {
  if (!code.includes("{")) return [];
  for (const statement of parseModule(ts, code).statements) {
    if (!ts.isBlock(statement)) continue;
    const start = statement.getStart();
    const file = parseModule(ts, `(${code.slice(start).replace(/;\s*$/, "")}\n)`);
    const [only, ...more] = file.statements;
    if (file.parseDiagnostics.length > 0 || more.length > 0 || !ts.isExpressionStatement(only)) continue;
    const inner = ts.isParenthesizedExpression(only.expression) ? only.expression.expression : only.expression;
    if (!ts.isObjectLiteralExpression(inner) || inner.properties.length === 0) continue;
    const end = start + inner.end - 1;
    return [
      { start, end: start, text: "(" },
      { start: end, end, text: ")" },
    ];
  }
  return [];
}
