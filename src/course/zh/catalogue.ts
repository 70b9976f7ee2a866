/** A notebook's translations as a PO file: `msgctxt` is the cell, `msgid` what it says, `msgstr` the translation. */
import { existsSync, readFileSync } from "node:fs";
import { po, type GetTextTranslation } from "gettext-parser";
import { CODE, keyOf, type Entry } from "./entries.js";

export interface Translation {
  readonly context: string;
  /** The English text that was translated. */
  readonly text: string;
  /** Empty while nobody has translated it. */
  readonly translation: string;
  /** The text has changed since; somebody must look at the translation again. */
  readonly fuzzy: boolean;
  /** What the translator left as a note, and the English text before the change. */
  readonly notes?: { readonly translator?: string; readonly previous?: string };
}

/** Translations by {@link keyOf}. */
export type Catalogue = ReadonlyMap<string, Translation>;

/** @throws Error for a file that is no PO file, or holds an entry twice; it names the file */
export function readCatalogue(file: string): Catalogue {
  if (!existsSync(file)) return new Map();
  try {
    return catalogueOf(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

export function catalogueOf(text: string): Catalogue {
  const { translations } = po.parse(text, { validation: true });
  const found = Object.entries(translations).flatMap(([context, byText]) =>
    Object.values(byText).map((entry) => translationOf(context, entry)),
  );
  // Without a context and a text it is the head of the file.
  return new Map(found.filter(({ text }) => text !== "").map((one) => [keyOf(one), one]));
}

function translationOf(context: string, { msgid, msgstr, comments }: GetTextTranslation): Translation {
  const { translator, previous, flag = "" } = comments ?? {};
  const notes = translator || previous ? { translator, previous } : undefined;
  return { context, text: msgid, translation: msgstr[0] ?? "", fuzzy: /\bfuzzy\b/.test(flag), notes };
}

/** The PO file of a notebook's translations, in the order given: prose first, then what stands in code. */
export function poText(translations: Iterable<Translation>, cellOf: (key: string) => number | undefined): string {
  const ordered = [...translations];
  const table: Record<string, Record<string, GetTextTranslation>> = {};
  for (const one of [...ordered.filter((t) => t.context !== CODE), ...ordered.filter((t) => t.context === CODE)]) {
    const { context, text, translation, fuzzy, notes } = one;
    const cell = cellOf(keyOf(one));
    const reference = cell === undefined ? undefined : `cell ${cell}`;
    // Once a translation is looked at, what the text was before says nothing any more.
    const previous = fuzzy ? notes?.previous : undefined;
    const comments = { translator: notes?.translator, previous, reference, flag: fuzzy ? "fuzzy" : undefined };
    (table[context] ??= {})[text] = { msgctxt: context, msgid: text, msgstr: [translation], comments };
  }
  const headers = { "Content-Type": "text/plain; charset=UTF-8", Language: "zh_CN", "MIME-Version": "1.0" };
  const file = po.compile({ charset: "utf-8", headers, translations: table }, { foldLength: 0 });
  return `${file.toString("utf8").trimEnd()}\n`;
}

/** What became of a catalogue that was brought to what a notebook says today. */
export interface Update {
  readonly translations: readonly Translation[];
  /** Translated once, and now said by no cell. */
  readonly vanished: readonly Translation[];
}

/**
 * The catalogue for these entries. A translation stays where its text does; where a cell says something else its
 * translation stays, too, marked fuzzy with the text it belongs to; a cell with a new id takes that of its text.
 */
export function updated(catalogue: Catalogue, entries: readonly Entry[]): Update {
  const wanted = new Set(entries.map(keyOf));
  const homeless = [...catalogue].filter(([key]) => !wanted.has(key)).map(([, one]) => one);
  const used = new Set<Translation>();
  const translations = entries.map((entry): Translation => {
    const kept = catalogue.get(keyOf(entry));
    if (kept) return kept;
    const { context, text } = entry;
    const same = homeless.find((one) => one.text === text && (one.context === CODE) === (context === CODE));
    const changed = same ?? (context === CODE ? undefined : homeless.find((one) => one.context === context));
    if (!changed) return { context, text, translation: "", fuzzy: false };
    used.add(changed);
    if (same) return { ...same, context };
    const previous = changed.notes?.previous ?? previousText(changed.text);
    const notes = { ...changed.notes, previous };
    return { context, text, translation: changed.translation, fuzzy: changed.translation !== "", notes };
  });
  const vanished = homeless.filter((one) => !used.has(one) && one.translation !== "");
  return { translations, vanished };
}

/** The lines of `#| msgid`, by which a translator sees what has changed. */
function previousText(text: string): string {
  const lines = text.split(/(?<=\n)/).map((line) => JSON.stringify(line));
  return lines.length === 1 ? `msgid ${lines[0]}` : ['msgid ""', ...lines].join("\n");
}
