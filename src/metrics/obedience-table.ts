/** Obedience as a table: shares with their intervals, beside what the judge makes of real pictures. */
import { requireKind } from "../base/kinds.js";
import { requireList, requireChoice, requireLike } from "../base/values.js";
import { requireKnownKeys } from "../base/check.js";
import { markdownTable, textTable, type WrittenTable } from "../base/table.js";
import { percent } from "../base/words.js";
import { wilsonInterval } from "./intervals.js";
import type { ShareCount, Obedience } from "./obedience.js";

/** One column: what was looked at, and what was found. */
export interface ObedienceRow {
  readonly pictures: string;
  readonly found: Obedience;
  /** Pairs in which swapped colours go with their digits, where that was tried. */
  readonly binding?: ShareCount;
}

/** `97.1 % (95.9–98.0)`: a share and its 95 % interval after Wilson; a dash for none. */
export function shareWithInterval(count: ShareCount | undefined): string {
  if (count !== undefined) requireKind("count", count, "an object");
  if (!count || count.of === 0) return "–";
  const { low, high } = wilsonInterval(count.right, count.of);
  return `${percent(count.right / count.of)} (${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)})`;
}

/**
 * A table of obedience in Markdown, or in columns for a terminal. Each set of pictures has a column; "digit ∧ colour ∧ place"
 * to "size" are shares of the digits asked for, the others of pictures. Give the judge's reading of real pictures a column:
 * no model can be read better than that.
 *
 * @throws RangeError without a set of pictures
 */
export function obedienceTable(rows: readonly ObedienceRow[], format: "markdown" | "text" = "markdown"): string {
  requireChoice("format", format, ["markdown", "text"]);
  requireList("rows", rows, "rows, { pictures, found }");
  if (rows.length === 0) throw new RangeError("a table of obedience needs a row: give what was found in some pictures");
  rows.forEach((row) =>
    requireKnownKeys("a row of obedience", row, { pictures: "a text", found: "an object", binding: "an object" }),
  );
  rows.forEach(({ found }) => requireLike("found", found, ["whole", "wholeByDigits"], "obedience(asked, read)"));
  const numbers = [...new Set(rows.flatMap(({ found }) => Object.keys(found.wholeByDigits).map(Number)))].sort(
    (a, b) => a - b,
  );
  const bound = rows.some(({ binding }) => binding !== undefined);
  const columns: readonly (readonly [head: string, cell: (row: ObedienceRow) => string])[] = [
    ["pictures", ({ pictures }) => pictures],
    ["n", ({ found }) => String(found.whole.of)],
    ["digit ∧ colour ∧ place", ({ found }) => shareWithInterval(found.bound)],
    ["place", ({ found }) => shareWithInterval(found.place)],
    ["digit", ({ found }) => shareWithInterval(found.digit)],
    ["colour", ({ found }) => shareWithInterval(found.colour)],
    ["size", ({ found }) => shareWithInterval(found.size)],
    ["ground", ({ found }) => shareWithInterval(found.ground)],
    ["nothing extra", ({ found }) => shareWithInterval(found.nothingExtra)],
    ["whole caption", ({ found }) => shareWithInterval(found.whole)],
    ...numbers.map(
      (k) =>
        [
          `whole, ${k} ${k === 1 ? "digit" : "digits"}`,
          ({ found }: ObedienceRow) => shareWithInterval(found.wholeByDigits[k]),
        ] as const,
    ),
    ...(bound ? [["colours swapped", ({ binding }: ObedienceRow) => shareWithInterval(binding)] as const] : []),
  ];
  // Facts are many and rows few: each fact is a line, each set of pictures a column.
  const [head, ...facts] = columns;
  const table: WrittenTable = {
    head: ["", ...rows.map(head[1])],
    rows: facts.map(([name, cell]) => [name, ...rows.map(cell)]),
  };
  return format === "markdown" ? markdownTable(table) : textTable(table);
}
