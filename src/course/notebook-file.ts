// Notebook files (nbformat 4): read with clear errors, written whole or not at all, always to the same bytes.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DISPLAY_NAME, KERNEL_NAME } from "diffusion-lab-kernel/kernelspec";

export type CellType = "code" | "markdown" | "raw";

export interface Cell {
  readonly type: CellType;
  /** Without a trailing newline. */
  readonly source: string;
  /** Tags and the like. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly outputs: readonly Output[];
  readonly executionCount: number | null;
}

/** An output as nbformat describes it, text as one string. */
export interface Output {
  readonly output_type: "stream" | "display_data" | "execute_result" | "error";
  readonly name?: string;
  readonly text?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly execution_count?: number | null;
  readonly ename?: string;
  readonly evalue?: string;
  readonly traceback?: readonly string[];
}

export interface Notebook {
  readonly cells: readonly Cell[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A file that is no notebook, or one that this version cannot read. The file is left as it is. */
export class NotebookError extends Error {
  override readonly name = "NotebookError";
}

const FORMAT = { major: 4, minor: 5 } as const;

export function tags(cell: Cell): readonly string[] {
  const found = cell.metadata.tags;
  return Array.isArray(found) ? (found as string[]) : [];
}

function joined(text: unknown): string {
  return Array.isArray(text) ? text.join("") : typeof text === "string" ? text : "";
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function readOutput(value: unknown): Output {
  const output = record(value);
  if (output.text !== undefined) output.text = joined(output.text);
  if (output.data !== undefined) {
    const data = record(output.data);
    for (const [type, part] of Object.entries(data)) {
      if (Array.isArray(part) && !isJson(type)) data[type] = joined(part);
    }
    output.data = data;
  }
  return output as unknown as Output;
}

function readCell(value: unknown, index: number, file: string): Cell {
  const cell = record(value);
  const type = cell.cell_type;
  if (type !== "code" && type !== "markdown" && type !== "raw") {
    throw new NotebookError(`${file}: cell ${index + 1} has the type ${String(type)}; code, markdown or raw is.`);
  }
  return {
    type,
    source: joined(cell.source).replace(/\n+$/, ""),
    metadata: record(cell.metadata),
    outputs: Array.isArray(cell.outputs) ? cell.outputs.map(readOutput) : [],
    executionCount: typeof cell.execution_count === "number" ? cell.execution_count : null,
  };
}

export function parseNotebook(text: string, file: string): Notebook {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    const what = text.trim() === "" ? "is empty" : `is not JSON (${(cause as Error).message})`;
    throw new NotebookError(
      `${file} ${what}. Take the last good version from git (git checkout -- FILE), or make it again from its ` +
        "script: move the file away and run npm run notebooks -- --from-script.",
    );
  }
  const notebook = record(parsed);
  const { nbformat, nbformat_minor: minor } = notebook;
  if (typeof nbformat !== "number" || !Array.isArray(notebook.cells)) {
    throw new NotebookError(`${file} is JSON but no notebook: it has no nbformat or no cells.`);
  }
  if (nbformat !== FORMAT.major) {
    const remedy = nbformat > FORMAT.major ? "save it as format 4 where it was made" : "open and save it in JupyterLab";
    throw new NotebookError(
      `${file} has notebook format ${nbformat}.${String(minor ?? 0)}; this version reads format 4: ${remedy}.`,
    );
  }
  return {
    cells: notebook.cells.map((cell, index) => readCell(cell, index, file)),
    metadata: record(notebook.metadata),
  };
}

export function readNotebook(file: string): Notebook {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new NotebookError(`${file} cannot be read: ${(cause as Error).message}`);
  }
  return parseNotebook(text, file);
}

function isJson(type: string): boolean {
  return type === "application/json" || (type.startsWith("application/") && type.endsWith("+json"));
}

function lines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Types that nbformat stores as a list of lines. */
function isText(type: string): boolean {
  return type.startsWith("text/") || type === "image/svg+xml" || type === "application/javascript";
}

/** Live widgets have no model behind them in a saved notebook. */
const TRANSIENT = "application/vnd.jupyter.widget-view+json";

function writeOutput(output: Output): Record<string, unknown> {
  const out: Record<string, unknown> = { ...output };
  if (output.text !== undefined) out.text = lines(output.text);
  if (output.data) {
    const kept = Object.entries(output.data).filter(([type]) => type !== TRANSIENT);
    const data = kept.map(([type, part]) => [type, typeof part === "string" && isText(type) ? lines(part) : part]);
    out.data = Object.fromEntries(data) as Record<string, unknown>;
    out.metadata = output.metadata ?? {};
  }
  return out;
}

/** The same cells get the same ids in every run, and equal cells different ones. */
function cellIds(cells: readonly Cell[]): string[] {
  const seen = new Map<string, number>();
  return cells.map((cell) => {
    const hash = createHash("sha256").update(`${cell.type}\n${cell.source}`).digest("hex").slice(0, 8);
    const times = (seen.get(hash) ?? 0) + 1;
    seen.set(hash, times);
    return times === 1 ? hash : `${hash}-${times}`;
  });
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([key, part]) => [key, sorted(part)]));
}

export function courseMetadata(): Record<string, unknown> {
  return {
    jupytext: { formats: "ipynb,ts:percent" },
    kernelspec: { display_name: DISPLAY_NAME, language: "typescript", name: KERNEL_NAME },
    language_info: {
      codemirror_mode: { mode: "typescript", name: "javascript", typescript: true },
      file_extension: ".ts",
      mimetype: "text/typescript",
      name: "typescript",
      nbconvert_exporter: "script",
      pygments_lexer: "typescript",
    },
  };
}

export function formatNotebook(notebook: Notebook): string {
  const ids = cellIds(notebook.cells);
  const cells = notebook.cells.map((cell, index) => {
    const { execution: _timings, ...metadata } = cell.metadata;
    const common = { cell_type: cell.type, id: ids[index], metadata, source: lines(cell.source) };
    if (cell.type !== "code") return common;
    return { ...common, execution_count: cell.executionCount, outputs: cell.outputs.map(writeOutput) };
  });
  const file = { cells, metadata: notebook.metadata, nbformat: FORMAT.major, nbformat_minor: FORMAT.minor };
  return JSON.stringify(sorted(file), undefined, 1) + "\n";
}

/** Writes a temporary file beside the target and renames it, so that a crash leaves the old file. */
export function writeAtomically(file: string, text: string): boolean {
  if (existsSync(file) && readFileSync(file, "utf8") === text) return false;
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.tmp`);
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  return true;
}

/** @returns whether the file changed */
export function writeNotebook(file: string, notebook: Notebook): boolean {
  return writeAtomically(file, formatNotebook(notebook));
}
