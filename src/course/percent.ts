// The percent format of jupytext: a notebook as a TypeScript file.
//
//   // %% [markdown]                          a markdown cell, its lines commented out
//   // # The forward process
//   // %% tags=["exercise"]                   a code cell with metadata
//   const answer = 42;
//
// A header between `// ---` lines (jupytext's) is kept by jupytext and skipped here.
import type { Cell, CellType, Notebook } from "./notebook-file.js";

/** A cell without what a run adds. */
export interface ScriptCell {
  readonly type: CellType;
  readonly source: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A script that is not in percent format, with the line at fault. */
export class PercentError extends Error {
  override readonly name = "PercentError";
}

const MARKER = /^\/\/ %%(?!%)(.*)$/;
const TYPES: Readonly<Record<string, CellType>> = { markdown: "markdown", md: "markdown", raw: "raw" };

/** Metadata that belongs to the text; the rest is the editor's business. */
const KEPT = ["tags", "jupyter"] as const;

/** Length of the JSON value at the start of `text`: brackets are balanced outside strings. */
function jsonLength(text: string): number {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === "\\") at += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if ("[{".includes(character)) depth += 1;
    else if ("]}".includes(character)) depth -= 1;
    else if (character === " " && depth === 0) return at;
  }
  return text.length;
}

function parseMarker(rest: string, line: number): Omit<ScriptCell, "source"> {
  const metadata: Record<string, unknown> = {};
  let text = rest.trim();
  let type: CellType = "code";
  const named = /^(?:[^[\]="]*?)\[(\w+)\](?!=)/.exec(text);
  if (named && TYPES[named[1]]) {
    type = TYPES[named[1]];
    text = text.slice(named[0].length).trim();
  }
  while (text !== "") {
    const key = /^([\w.]+)=/.exec(text);
    if (!key) {
      throw new PercentError(
        `line ${line}: after "// %%" stand [markdown], [raw] and key=JSON pairs such as tags=["exercise"], not "${text}".`,
      );
    }
    text = text.slice(key[0].length);
    const length = jsonLength(text);
    try {
      metadata[key[1]] = JSON.parse(text.slice(0, length)) as unknown;
    } catch {
      throw new PercentError(`line ${line}: ${key[1]}=${text.slice(0, length)} is not JSON.`);
    }
    text = text.slice(length).trim();
  }
  return { type, metadata };
}

function uncomment(line: string): string {
  return line.replace(/^\/\/ ?/, "");
}

function trimBlankLines(lines: readonly string[]): string {
  return lines
    .join("\n")
    .replace(/^(?:[ \t]*\n)+/, "")
    .replace(/\s+$/, "");
}

function skipHeader(lines: readonly string[]): number {
  const first = lines.findIndex((line) => line.trim() !== "");
  if (first < 0 || lines[first].trim() !== "// ---") return 0;
  const last = lines.findIndex((line, index) => index > first && line.trim() === "// ---");
  return last < 0 ? 0 : last + 1;
}

/** The cells of a percent script. Throws {@link PercentError} for text before the first marker. */
export function parsePercent(script: string): ScriptCell[] {
  const lines = script.replace(/\r\n/g, "\n").split("\n");
  const start = skipHeader(lines);
  const cells: ScriptCell[] = [];
  let open: (Omit<ScriptCell, "source"> & { lines: string[] }) | undefined;
  const close = (): void => {
    if (!open) return;
    const { type, metadata, lines: body } = open;
    cells.push({ type, metadata, source: trimBlankLines(type === "code" ? body : body.map(uncomment)) });
  };
  lines.slice(start).forEach((line, index) => {
    const marker = MARKER.exec(line);
    if (marker) {
      close();
      open = { ...parseMarker(marker[1], start + index + 1), lines: [] };
    } else if (open) {
      open.lines.push(line);
    } else if (line.trim() !== "") {
      throw new PercentError(`line ${start + index + 1}: the first cell must begin with "// %%".`);
    }
  });
  close();
  return cells;
}

function comment(line: string): string {
  return line === "" ? "//" : `// ${line}`;
}

function formatMarker(cell: ScriptCell): string {
  const type = cell.type === "code" ? "" : ` [${cell.type}]`;
  const pairs = Object.entries(cell.metadata).map(([key, value]) => ` ${key}=${spaced(value)}`);
  return `// %%${type}${pairs.join("")}`;
}

/** JSON with a space after commas and colons, as jupytext writes it. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value)
      .map(([key, part]) => `${JSON.stringify(key)}: ${spaced(part)}`)
      .join(", ")}}`;
  }
  return JSON.stringify(value);
}

const HEADER = `// ---
// jupyter:
//   jupytext:
//     formats: ipynb,ts:percent
//   kernelspec:
//     display_name: TypeScript (diffusion-lab)
//     language: typescript
//     name: tslab
// ---
`;

export function formatPercent(cells: readonly ScriptCell[]): string {
  const parts = cells.map((cell) => {
    const lines = cell.source === "" ? [] : cell.source.split("\n");
    return [formatMarker(cell), ...(cell.type === "code" ? lines : lines.map(comment))].join("\n") + "\n";
  });
  return [HEADER, ...parts].join("\n");
}

/** What of a notebook's cells the script holds. */
export function scriptCells(notebook: Notebook): ScriptCell[] {
  return notebook.cells.map(({ type, source, metadata }) => {
    const kept = KEPT.filter((key) => metadata[key] !== undefined).map((key) => [key, metadata[key]]);
    return { type, source: trimBlankLines(source.split("\n")), metadata: Object.fromEntries(kept) as Cell["metadata"] };
  });
}

/** Where notebook and script differ: the first differing cell in words, or nothing. */
export function difference(notebook: readonly ScriptCell[], script: readonly ScriptCell[]): string | undefined {
  for (let index = 0; index < Math.max(notebook.length, script.length); index++) {
    const a = notebook[index];
    const b = script[index];
    if (!a || !b) {
      return `the notebook has ${notebook.length} cells, the script ${script.length}`;
    }
    const line = (b.source || a.source).split("\n")[0].slice(0, 60);
    if (a.type !== b.type) return `cell ${index + 1} (${line}) is ${a.type} in the notebook, ${b.type} in the script`;
    if (a.source !== b.source) return `cell ${index + 1} (${line}) has another text`;
    if (spaced(sortedEntries(a.metadata)) !== spaced(sortedEntries(b.metadata))) {
      return `cell ${index + 1} (${line}) has other tags`;
    }
  }
  return undefined;
}

function sortedEntries(metadata: ScriptCell["metadata"]): [string, unknown][] {
  return Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The notebook with the script's cells; a cell that is the same keeps its outputs. */
export function withScript(notebook: Notebook, script: readonly ScriptCell[]): Notebook {
  const left = [...notebook.cells];
  const cells = script.map((cell): Cell => {
    const at = left.findIndex((old) => old.type === cell.type && old.source === cell.source);
    const old = at < 0 ? undefined : left.splice(at, 1)[0];
    const others = Object.entries(old?.metadata ?? {}).filter(([key]) => !(KEPT as readonly string[]).includes(key));
    return {
      ...cell,
      metadata: { ...Object.fromEntries(others), ...cell.metadata },
      outputs: old?.outputs ?? [],
      executionCount: old?.executionCount ?? null,
    };
  });
  return { ...notebook, cells };
}
