/** Reads tables of a page back. */

/** A line of a table: its cells by the names in the head. */
export type Row = Readonly<Record<string, string>>;

/** The lines of the first table in a text; none if there is no table. The inverse of `markdownTable`. */
export function firstTable(text: string): Row[] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.startsWith("|"));
  if (start < 0) return [];
  const end = lines.findIndex((line, i) => i > start && !line.startsWith("|"));
  const [head, , ...rows] = lines.slice(start, end < 0 ? undefined : end).map(cellsOf);
  return rows.map((cells) => Object.fromEntries(head.map((name, k) => [name, cells[k]])));
}

function cellsOf(line: string): string[] {
  return line
    .slice(2, -2)
    .split(" | ")
    .map((cell) => cell.replaceAll("\\|", "|"));
}
