/** Tables whose cells are written already: in Markdown, and aligned for a terminal. */

export interface WrittenTable {
  readonly head: readonly string[];
  /** As many cells each as the head has. */
  readonly rows: readonly (readonly string[])[];
  /** Which columns are flush right, as numbers are; default all but the first. */
  readonly right?: readonly boolean[];
}

/** The table in Markdown, without a line break at its end. A `|` in a cell is escaped, a line break becomes a space. */
export function markdownTable(table: WrittenTable): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replace(/\|/g, "\\|").replace(/\s*\n\s*/g, " ")).join(" | ")} |`;
  const rule = flushRight(table).map((right) => (right ? "---:" : ":---"));
  return [line(table.head), line(rule), ...table.rows.map(line)].join("\n");
}

/** The table in columns two spaces apart, without a line break at its end; `rule` draws a line under the head. */
export function textTable(table: WrittenTable, { rule = false } = {}): string {
  const { head, rows } = table;
  const right = flushRight(table);
  const widths = head.map((_, k) => Math.max(...[head, ...rows].map((cells) => width(cells[k]))));
  const aligned = (cells: readonly string[]): string =>
    cells
      .map((cell, k) => {
        const space = " ".repeat(widths[k] - width(cell));
        return right[k] ? space + cell : cell + space;
      })
      .join("  ")
      .trimEnd();
  const line = widths.map((count) => "─".repeat(count)).join("  ");
  return [aligned(head), ...(rule ? [line] : []), ...rows.map(aligned)].join("\n");
}

/** @throws RangeError for a row with another number of cells than the head */
function flushRight({ head, rows, right }: WrittenTable): readonly boolean[] {
  rows.forEach(({ length }, i) => {
    if (length !== head.length) throw new RangeError(`row ${i} has ${length} cells for ${head.length} columns`);
  });
  return right ?? head.map((_, k) => k > 0);
}

/** In code points: of a character outside the basic plane, one. */
function width(cell: string): number {
  return [...cell].length;
}
