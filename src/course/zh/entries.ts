/** What of a notebook is translated: its prose cell by cell, and the texts of its code. */
import { codeTexts } from "./code-texts.js";
import { sourceOf, type Notebook } from "./notebook-file.js";

/** The context of texts that stand in code; prose has its cell's id. */
export const CODE = "code";

export interface Entry {
  /** The cell's id, or {@link CODE}. */
  readonly context: string;
  readonly text: string;
  /** Number of the first cell that says it, from 1. */
  readonly cell: number;
}

/** What a notebook asks to be translated, in its own order, each text of code once. */
export function entriesOf({ cells }: Notebook): Entry[] {
  const entries = new Map<string, Entry>();
  const add = (entry: Entry): void => {
    const key = keyOf(entry);
    if (!entries.has(key)) entries.set(key, entry);
  };
  cells.forEach((cell, i) => {
    const source = sourceOf(cell);
    if (cell.cell_type === "markdown") add({ context: cell.id, text: source, cell: i + 1 });
    if (cell.cell_type !== "code") return;
    for (const { text } of codeTexts(source)) add({ context: CODE, text, cell: i + 1 });
  });
  return [...entries.values()];
}

/** By what an entry is found. */
export function keyOf({ context, text }: Pick<Entry, "context" | "text">): string {
  return `${context}\n${text}`;
}
