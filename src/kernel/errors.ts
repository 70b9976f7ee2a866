// What a learner sees of a failed cell: name, message, and a traceback with the cell's own lines.
import path from "node:path";
import type { Position } from "./compiler.js";
import { pythonHabits, type Habit } from "./habits.js";
import type { Sources } from "./sources.js";
import { isKernelFile } from "./stacks.js";
import { readThrown, type Thrown } from "./thrown.js";
import type { Diagnostic } from "./tslab.js";

export interface CellError {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

const RED = "\u001b[31m";
const BOLD = "\u001b[1m";
const DIM = "\u001b[2m";
const OFF = "\u001b[0m";
const NOT_RUN = `${DIM}The cell was not run.${OFF}`;

/** The line with a caret under its column, and the line before it. */
function excerpt(code: string, at: Position, width = 1): string[] {
  const lines = code.split("\n");
  const digits = String(at.line + 1).length;
  const show = (index: number, mark: string): string =>
    `${mark}${String(index + 1).padStart(digits)} | ${lines[index] ?? ""}`;
  const out: string[] = [];
  if (at.line > 0 && lines[at.line - 1]?.trim()) out.push(show(at.line - 1, "  "));
  out.push(show(at.line, "> "));
  const carets = "^".repeat(Math.max(1, Math.min(width, (lines[at.line] ?? "").length - at.column)));
  out.push(`${" ".repeat(digits + 2)} | ${" ".repeat(at.column)}${RED}${carets}${OFF}`);
  return out;
}

/** What to do about the type errors that learners meet most. */
const HINTS: Readonly<Record<number, string>> = {
  2304: "Is it spelt right, and has the cell that defines it been run?",
  2552: "Is it spelt right, and has the cell that defines it been run?",
  2307: "Packages are looked up from the project's root: install it there, and import the library by its name, diffusion-lab.",
  2305: "That module has no export of this name: press Tab inside the braces to see what it has.",
  2339: "Press Tab after the dot to see what the value has.",
  2550: `Node ${process.versions.node}, which runs the cells, does not have it; a newer one does.`,
  2551: "Press Tab after the dot to see what the value has.",
  2531: "It may be null: test it with `if`, or use `?.`.",
  2532: "It may be undefined: test it with `if`, or use `?.`.",
  18047: "It may be null: test it with `if`, or use `?.`.",
  18048: "It may be undefined: test it with `if`, or use `?.`.",
  18046: "Its type is unknown: test it first, for example with `instanceof Error`.",
  7006: "Say its type, for example `(x: number) => …`.",
  7005: "Say its type, for example `let x: number`.",
  7034: "Say its type, for example `const xs: number[] = []`.",
  2554: "Press Shift+Tab inside the parentheses to see the parameters.",
  2588: "It was declared with const: declare it with let, or give the new value a new name.",
  2451: "It is declared twice in this cell.",
};

interface Problem {
  readonly diagnostic: Diagnostic;
  readonly details: string[];
}

/** tslab flattens a chain of messages into entries at one place; they belong together. */
function problems(diagnostics: readonly Diagnostic[]): Problem[] {
  const out: Problem[] = [];
  for (const diagnostic of diagnostics) {
    const last = out.at(-1);
    const samePlace = last && last.diagnostic.start.offset === diagnostic.start.offset;
    if (samePlace && last.diagnostic.end.offset === diagnostic.end.offset) {
      last.details.push(diagnostic.messageText);
    } else {
      out.push({ diagnostic, details: [] });
    }
  }
  return out;
}

/**
 * What is told on the line that tslab puts after the cell belongs to the end of the cell's last line if it is a bracket
 * missing there, or if there is nothing else; what else is wrong with that line is no business of the learner.
 */
function withinCell(code: string, diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const text = code.trimEnd();
  const lines = text.split("\n");
  const end = { offset: text.length, line: lines.length - 1, character: lines[lines.length - 1].length };
  const isInside = ({ fileName, start }: Diagnostic): boolean => fileName !== undefined || start.offset < code.length;
  const isSyntax = (one: Diagnostic): boolean => one.code < 2000;
  const told = diagnostics.filter((one) => isInside(one) || isSyntax(one));
  return (told.length > 0 ? told : diagnostics).map((one) => (isInside(one) ? one : { ...one, start: end, end }));
}

function notPython(code: string, habits: readonly Habit[]): CellError {
  const said = habits.map(({ advice }) => `This is TypeScript, not Python: ${advice}.`);
  const traceback = habits.flatMap(({ line, column, width }, i) => [
    `${RED}TypeScript${OFF} at line ${line + 1}, column ${column + 1}: ${BOLD}${said[i]}${OFF}`,
    ...excerpt(code, { line, column }, width),
    "",
  ]);
  traceback.push(NOT_RUN);
  return { ename: "TypeScriptError", evalue: `line ${habits[0].line + 1}: ${said[0]}`, traceback };
}

/** Type and syntax errors, found before anything of the cell ran. */
export function typeErrors(code: string, diagnostics: readonly Diagnostic[]): CellError {
  const habits = pythonHabits(code, diagnostics);
  if (habits.length > 0) return notPython(code, habits);
  const found = problems(withinCell(code, diagnostics));
  const traceback = found.flatMap(({ diagnostic, details }) => {
    const { fileName, start, end, messageText, code: number } = diagnostic;
    const where = `${fileName ? `${fileName}, ` : ""}line ${start.line + 1}, column ${start.character + 1}`;
    const width = end.line === start.line ? end.character - start.character : 1;
    const lines = [`${RED}TypeScript${OFF} (TS${number}) at ${where}: ${BOLD}${messageText}${OFF}`];
    if (!fileName) lines.push(...excerpt(code, { line: start.line, column: start.character }, width));
    for (const detail of details) lines.push(`  ${detail}`);
    if (HINTS[number]) lines.push(`  ${DIM}${HINTS[number]}${OFF}`);
    return [...lines, ""];
  });
  traceback.push(NOT_RUN);
  const first = found[0].diagnostic;
  const more = found.length > 1 ? ` (and ${found.length - 1} more)` : "";
  return {
    ename: "TypeScriptError",
    evalue: `line ${first.start.line + 1}, column ${first.start.character + 1}: ${first.messageText}${more}`,
    traceback,
  };
}

interface Frame {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

const FRAME = /^\s*at (?:(?<name>.*?) \()?(?<file>.+?):(?<line>\d+):(?<column>\d+)\)?$/;

function frames(stack: string): Frame[] {
  return stack.split("\n").flatMap((line) => {
    const groups = FRAME.exec(line)?.groups;
    if (!groups) return [];
    const file = groups.file.replace(/^async /, "").replace(/^file:\/\//, "");
    const name = (groups.name ?? "").replace(/^async /, "");
    return [{ name, file, line: Number(groups.line), column: Number(groups.column) }];
  });
}

function readableName(given: string): string {
  return /^(eval|Object\.<anonymous>|<anonymous>|new Promise)?$/.test(given) ? "" : `${given}, `;
}

function showFrame({ name, file, line, column }: Frame, sources: Sources, root: string): string[] {
  const origin = sources.origin(file, line, column);
  if (origin === "nothing") return [];
  if (origin?.source.code !== undefined) {
    const { source } = origin;
    const where = `  at ${readableName(name)}${source.label}, line ${origin.line + 1}, column ${origin.column + 1}`;
    return [where, ...excerpt(source.code as string, origin).map((text) => `    ${text}`)];
  }
  const script = origin?.source.label ?? file;
  if (script.startsWith("node:") || isKernelFile(script)) return [];
  const relative = path.relative(root, script);
  const shown = relative.startsWith("..") ? script : relative;
  return [`  ${DIM}at ${readableName(name)}${shown}:${(origin?.line ?? line - 1) + 1}${OFF}`];
}

function thrownValue(text: string): CellError {
  return {
    ename: "ThrownValue",
    evalue: text,
    traceback: [`${RED}Thrown${OFF}: ${text}`, "  (throw an Error, it knows the line it comes from)"],
  };
}

const MOST_FRAMES = 20;
const MOST_CAUSES = 5;
/** Errors that are told in one traceback, whatever they hold one another by. */
const MOST_ERRORS = 20;

/** An exception that a cell threw. Frames of the kernel, tslab and Node are left out. */
export function runtimeError(value: unknown, sources: Sources, root: string): CellError {
  return told(readThrown(value), sources, root, 0, { errors: 1 });
}

function told(thrown: Thrown, sources: Sources, root: string, depth: number, count: { errors: number }): CellError {
  const { name: ename, message: evalue, stack, errors, cause } = thrown;
  if (ename === undefined) return thrownValue(evalue);
  const head = `${RED}${ename}${OFF}: ${BOLD}${evalue}${OFF}`;
  const traceback = [head];
  // Many equal frames of a recursion say no more than a few; but the learner's own line is always said.
  const all = frames(stack);
  const near = all.slice(0, MOST_FRAMES);
  const own = near.some(({ file }) => sources.isCell(file))
    ? undefined
    : all.slice(MOST_FRAMES).find(({ file }) => sources.isCell(file));
  for (const frame of own ? [...near, own] : near) traceback.push(...showFrame(frame, sources, root));
  // An error may be its own cause.
  if (depth >= MOST_CAUSES) return { ename, evalue, traceback };
  const inner = (value: unknown): readonly string[] =>
    count.errors++ < MOST_ERRORS ? told(readThrown(value), sources, root, depth + 1, count).traceback : [];
  for (const one of errors) traceback.push(...inner(one));
  if (cause !== undefined) traceback.push("caused by", ...inner(cause));
  return { ename, evalue, traceback };
}
