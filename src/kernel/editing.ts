// What an editor asks while a cell is written: completion, documentation, and whether the code is whole.
import type { Executor } from "./executor.js";
import { toCodePoints, toUtf16 } from "./positions.js";
import { CellText } from "./cell-text.js";
import { cellMetadata, loadConverterModule, parseModule, printQuickInfo } from "./tslab.js";
import type { Content } from "./wire.js";

interface Request {
  readonly code: string;
  readonly position: number;
}

function request(content: Content): Request {
  const code = String(content.code ?? "");
  const cursor = typeof content.cursor_pos === "number" ? content.cursor_pos : [...code].length;
  return { code, position: toUtf16(code, cursor) };
}

export function completeReply(executor: Executor, content: Content): Content {
  const { code, position } = request(content);
  const found = executor.compiler.complete(executor.declarations, code, position);
  const kinds = new Map(found.original?.entries.map(({ name, kind }) => [name, kind]));
  const start = toCodePoints(code, found.start);
  const end = toCodePoints(code, found.end);
  return {
    status: "ok",
    matches: found.candidates,
    cursor_start: start,
    cursor_end: end,
    metadata: {
      _jupyter_types_experimental: found.candidates.map((text) => ({ text, type: kinds.get(text) ?? "", start, end })),
    },
  };
}

/** The last `(` still open before the cursor belongs to the call whose documentation is asked for. */
function calleeBefore(code: string, position: number): number | undefined {
  let depth = 0;
  for (let at = position - 1; at >= 0; at--) {
    if (")]}".includes(code[at])) depth += 1;
    else if ("([{".includes(code[at]) && depth-- === 0) return code[at] === "(" ? at : undefined;
  }
  return undefined;
}

export function inspectReply(executor: Executor, content: Content): Content {
  const { code, position } = request(content);
  const { compiler } = executor;
  const at = (place: number) => compiler.inspect(executor.declarations, code, place);
  let info = at(position) ?? (position > 0 ? at(position - 1) : undefined);
  if (!info) {
    const open = calleeBefore(code, position);
    if (open !== undefined && open > 0) info = at(open - 1);
  }
  if (!info) return { status: "ok", found: false, data: {}, metadata: {} };
  return { status: "ok", found: true, data: { "text/plain": printQuickInfo(info) }, metadata: {} };
}

const UNTERMINATED_STRING = 1002;
const UNTERMINATED_REGULAR_EXPRESSION = 1161;

/**
 * Code is incomplete while all that is wrong with it is its end: an open bracket, template or comment, an operator without
 * its right side. A string in quotes cannot go on in the next line. Two blank lines end it all the same.
 */
export function isCompleteReply(executor: Executor, content: Content): Content {
  const code = String(content.code ?? "");
  if (cellMetadata(code).mode === "browser") return { status: "complete" };
  const { ts } = executor.compiler;
  const { text } = new CellText(ts, code);
  const { parseDiagnostics: wrong } = parseModule(ts, text);
  if (wrong.length === 0) return { status: "complete" };
  const end = text.trimEnd().length;
  const isOpen = wrong.every(
    ({ code: number, start = 0 }) =>
      start >= end && number !== UNTERMINATED_STRING && number !== UNTERMINATED_REGULAR_EXPRESSION,
  );
  if (!isOpen || /\n\s*\n\s*$/.test(code)) return { status: "invalid" };
  return { status: "incomplete", indent: loadConverterModule().isCompleteCode(code).indent ?? "" };
}
