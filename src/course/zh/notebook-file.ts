/** Notebook files as the course saves them: read with clear errors, written to the same bytes. */
import { readFileSync } from "node:fs";
import { described } from "../../base/check.js";

export interface NotebookCell {
  readonly id: string;
  readonly cell_type: string;
  readonly source: readonly string[];
  readonly metadata: { readonly tags?: readonly string[] };
  readonly outputs?: readonly Output[];
}

export interface Output {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly text?: readonly string[];
}

export interface Notebook {
  readonly cells: readonly NotebookCell[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly nbformat: number;
  readonly nbformat_minor: number;
}

/** @throws Error for a file that is no notebook of format 4 with ids */
export function readNotebook(file: string): Notebook {
  let found: Partial<Notebook> | null;
  try {
    found = JSON.parse(readFileSync(file, "utf8")) as Partial<Notebook> | null;
  } catch (error) {
    throw new Error(`${file} cannot be read as a notebook: ${(error as Error).message}`, { cause: error });
  }
  const { nbformat, cells } = found ?? {};
  if (nbformat !== 4 || !Array.isArray(cells)) {
    throw new Error(
      `${file} is no notebook of format 4: nbformat is ${described(nbformat)}, cells ${described(cells)}`,
    );
  }
  const nameless = cells.findIndex(({ id }) => typeof id !== "string" || id === "");
  if (nameless >= 0) throw new Error(`cell ${nameless + 1} of ${file} has no id: save the notebook in JupyterLab once`);
  return found as Notebook;
}

/** The text of a cell. */
export function sourceOf({ source }: NotebookCell): string {
  return source.join("");
}

/** A text as notebooks hold it: a list of lines, each with its end. */
export function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** The file of a notebook: keys in order, one space of indentation, as Jupyter writes it. */
export function textOf(notebook: Notebook): string {
  return `${JSON.stringify(inOrder(notebook), null, 1)}\n`;
}

function inOrder(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(inOrder);
  if (typeof part !== "object" || part === null) return part;
  const entries = Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, value]) => [key, inOrder(value)]));
}
