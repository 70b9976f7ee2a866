/** What keeps a catalogue from being published: missing, stale or wrong translations. */
import type { Catalogue, Translation } from "./catalogue.js";
import { CODE, entriesOf, keyOf, type Entry } from "./entries.js";
import { sameProgram, withCodeTexts } from "./code-texts.js";
import { sourceOf, type Notebook } from "./notebook-file.js";
import { spanFaults } from "./spans.js";
import { styleFaults } from "./style.js";
import { termFaults } from "./terms.js";

export interface Fault {
  /** Number of the cell, from 1; 0 for an entry that no cell says. */
  readonly cell: number;
  readonly what: string;
}

/** Everything that is wrong with a notebook's translation, in the order of its cells. */
export function faultsOf(notebook: Notebook, catalogue: Catalogue): Fault[] {
  const entries = entriesOf(notebook);
  const wanted = new Set(entries.map(keyOf));
  const changed = notebook.cells.flatMap((cell, i) => {
    const source = sourceOf(cell);
    const code = withCodeTexts(source, (text) => textOf(catalogue, text));
    return cell.cell_type !== "code" || sameProgram(source, code)
      ? []
      : [{ cell: i + 1, what: "a translation changes the code itself" }];
  });
  const vanished = [...catalogue].filter(([key]) => !wanted.has(key)).map(([, one]) => one);
  return [
    ...entries.flatMap((entry) =>
      entryFaults(entry, catalogue.get(keyOf(entry))).map((what) => ({ cell: entry.cell, what })),
    ),
    ...changed,
    ...vanished.map(({ context, text }) => ({
      cell: 0,
      what: `no cell says what "${start(text)}" (${context}) translates: npm run zh -- --update`,
    })),
  ];
}

function textOf(catalogue: Catalogue, text: string): string | undefined {
  return catalogue.get(keyOf({ context: CODE, text }))?.translation || undefined;
}

function entryFaults({ context, text }: Entry, found: Translation | undefined): string[] {
  const named = `"${start(text)}"`;
  if (!found) return [`${named} is not in the catalogue: npm run zh -- --update`];
  if (found.translation === "") return [`${named} is not translated`];
  if (found.fuzzy) return [`${named} has changed since it was translated: look at it and take "fuzzy" away`];
  return translationFaults(text, found.translation, context !== CODE).map((what) => `${named}: ${what}`);
}

/** What is wrong with one translation. */
export function translationFaults(english: string, chinese: string, isMarkdown: boolean): string[] {
  return [
    ...spanFaults(english, chinese, isMarkdown),
    ...termFaults(english, chinese),
    ...styleFaults(chinese, isMarkdown),
  ];
}

function start(text: string): string {
  const [line] = text.split("\n");
  return line.length > 40 ? `${line.slice(0, 39)}…` : line;
}
