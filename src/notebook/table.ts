/** Tables for notebooks and terminals. */
/** `table(rows)` of a notebook cell. */
import { requireKind } from "../base/kinds.js";
import { requireWhole, requireTexts, requireList } from "../base/values.js";
import { requireKnownKeys } from "../base/check.js";
import { markdownTable, textTable } from "../base/table.js";
import { say } from "./messages.js";
import { bundle, type MimeBundle } from "./publish.js";
import { displayMethod, inspectMethod } from "./show.js";
import { readable } from "./values.js";

export type Cell = string | number | boolean | null | undefined;

export interface TableOptions {
  /** Names and order of the columns; default the keys of the first row. */
  columns?: readonly string[];
  /** Significant digits of numbers; default six. */
  digits?: number;
}

/**
 * A small table, displayed as markdown in a notebook and aligned in a terminal.
 *
 * @param rows objects with the columns as keys, or arrays with `columns` given.
 * @example table([{ sampler: "DDPM", steps: 1000, seconds: 41.2 }, { sampler: "DDIM", steps: 50, seconds: 2.1 }])
 * @throws RangeError when there is no row, or arrays come without `columns` or in another length.
 */
export function table(
  rows: readonly (Readonly<Record<string, Cell>> | readonly Cell[])[],
  options: TableOptions = {},
): Table {
  requireList("rows", rows, "lists of cells, or of records");
  requireKnownKeys("table", options, { columns: "a list", digits: true });
  if (rows.length === 0) throw new RangeError(say("noRow"));
  const columns = options.columns ?? (Array.isArray(rows[0]) ? undefined : Object.keys(rows[0]));
  if (!columns) throw new RangeError(say("noColumns"));
  const cells = rows.map((row, i) => {
    if (!Array.isArray(row)) requireKind(`row ${i}`, row, "an object");
    const values = Array.isArray(row) ? (row as Cell[]) : columns.map((name) => (row as Record<string, Cell>)[name]);
    if (values.length !== columns.length)
      throw new RangeError(say("raggedRow", { row: i, cells: values.length, columns: columns.length }));
    return values;
  });
  return new Table(columns, cells, options.digits);
}

/** Made by {@link table}. */
export class Table {
  readonly markdown: string;
  readonly text: string;

  constructor(columns: readonly string[], rows: readonly (readonly Cell[])[], digits?: number) {
    requireTexts("columns", columns);
    requireList("rows", rows, "lists of cells");
    rows.forEach((row, i) => requireCells(`row ${i}`, row));
    if (digits !== undefined) requireWhole("digits", digits);
    const numeric = columns.map((_, k) => rows.every((row) => typeof row[k] === "number" || row[k] == null));
    const written = rows.map((row) =>
      row.map((cell) => (typeof cell === "number" ? readable(cell, digits) : String(cell ?? ""))),
    );
    const table = { head: columns, rows: written, right: numeric };
    // A cell is text, whoever gave it: what looks like a tag shows, and loads nothing.
    const plain = (cells: readonly string[]): string[] => cells.map((cell) => cell.replaceAll("<", "&lt;"));
    this.markdown = markdownTable({ head: plain(columns), rows: written.map(plain), right: numeric });
    this.text = textTable(table, { rule: true });
  }

  [displayMethod](): MimeBundle {
    return bundle({ "text/markdown": this.markdown, "text/plain": this.text });
  }

  [inspectMethod](): string {
    return this.text;
  }
}

/** A cell is a number, a text, a truth or empty: of what else there is, a table would say "[object Object]". */
function requireCells(name: string, row: readonly Cell[]): void {
  requireKind(name, row, "a list");
  row.forEach((cell, k) => {
    if (cell === null || cell === undefined || typeof cell === "boolean") return;
    requireKind(`cell ${k} of ${name}`, cell, "a number or a text");
  });
}
