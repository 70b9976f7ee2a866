/** How the findings of a check are printed. */

/** @typedef {{ name: string, state: "ok" | "missing" | "optional", found: string, remedy?: string }} Row */

const MARKS = { ok: "✔", missing: "✘", optional: "–" };

const WIDTH = 22;

/**
 * Name and finding in columns, the remedy beneath if something lacks.
 *
 * @param {Row} row
 */
export function renderRow(row) {
  const line = `${MARKS[row.state]} ${row.name.padEnd(WIDTH)}  ${row.found}`;
  return row.state !== "ok" && row.remedy ? `${line}\n  ${" ".repeat(WIDTH)}  → ${row.remedy}` : line;
}

/**
 * Something essential lacks, so a command would fail.
 *
 * @param {Row[]} rows
 */
export function exitCode(rows) {
  return rows.some((row) => row.state === "missing") ? 1 : 0;
}
