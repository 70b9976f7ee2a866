/**
 * `npm run zh`: writes the notebooks in Chinese from the English ones and their catalogues. Nothing is run: code and
 * outputs are those of the English run.
 */
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runMain } from "../../base/run-main.js";
import { counted } from "../../base/words.js";
import { writeFileAtomically } from "../../files/index.js";
import { poText, readCatalogue, updated, type Catalogue } from "./catalogue.js";
import { entriesOf, keyOf } from "./entries.js";
import { faultsOf } from "./faults.js";
import { readNotebook, textOf, type Notebook } from "./notebook-file.js";
import { translated } from "./translate.js";

const HELP = `npm run zh -- [NN …] [options]

Writes notebooks/zh/*.ipynb, or those whose names begin with the words given, from the English notebooks and
notebooks/zh/po/*.po. Nothing is run. A cell without a translation stays English, under a line that says so.

Options
  --update   first bring the catalogues to what the notebooks say: new texts are added, changed ones marked fuzzy
  --check    write nothing; say what is missing, stale or wrong, and fail if anything is
`;

const ROOT = process.env["DIFFUSION_LAB_ROOT"] ?? fileURLToPath(new URL("../../../../", import.meta.url));
const ENGLISH = join(ROOT, "notebooks");
const CHINESE = join(ENGLISH, "zh");

await runMain(HELP, () => {
  const { values, positionals } = parseArgs({
    options: { update: { type: "boolean" }, check: { type: "boolean" } },
    allowPositionals: true,
  });
  let faults = 0;
  for (const name of chosen(positionals)) {
    const notebook = readNotebook(join(ENGLISH, `${name}.ipynb`));
    const file = join(CHINESE, "po", `${name}.po`);
    if (values.update) update(file, notebook);
    const catalogue = readCatalogue(file);
    if (values.check) faults += report(name, notebook, catalogue);
    else write(name, notebook, catalogue);
  }
  if (faults > 0) process.exitCode = 1;
  return Promise.resolve();
});

/** @throws RangeError if a word begins no notebook's name */
function chosen(words: readonly string[]): string[] {
  const names = readdirSync(ENGLISH).flatMap((file) => (file.endsWith(".ipynb") ? [file.slice(0, -6)] : []));
  for (const word of words) {
    if (names.some((name) => name.startsWith(word))) continue;
    throw new RangeError(`no notebook begins with "${word}"; there are ${names.join(", ")}`);
  }
  return names.filter((name) => words.length === 0 || words.some((word) => name.startsWith(word)));
}

function update(file: string, notebook: Notebook): void {
  const entries = entriesOf(notebook);
  const cells = new Map(entries.map((entry) => [keyOf(entry), entry.cell]));
  const { translations, vanished } = updated(readCatalogue(file), entries);
  mkdirSync(join(CHINESE, "po"), { recursive: true });
  writeFileAtomically(
    file,
    poText(translations, (key) => cells.get(key)),
  );
  const open = translations.filter(({ translation, fuzzy }) => translation === "" || fuzzy).length;
  process.stdout.write(`${shown(file)}: ${counted(translations.length, "text")}, ${open} to translate\n`);
  for (const { text } of vanished) process.stdout.write(`  no longer said, and taken out: ${JSON.stringify(text)}\n`);
}

function report(name: string, notebook: Notebook, catalogue: Catalogue): number {
  const faults = faultsOf(notebook, catalogue);
  for (const { cell, what } of faults) process.stdout.write(`${name}${cell ? `, cell ${cell}` : ""}: ${what}\n`);
  return faults.length;
}

function write(name: string, notebook: Notebook, catalogue: Catalogue): void {
  const file = join(CHINESE, `${name}.ipynb`);
  mkdirSync(CHINESE, { recursive: true });
  writeFileAtomically(file, textOf(translated(notebook, catalogue)));
  const missing = faultsOf(notebook, catalogue).length;
  const state =
    missing === 0
      ? ""
      : existsSync(join(CHINESE, "po", `${name}.po`))
        ? `, ${missing} faults (--check)`
        : ", no catalogue yet";
  process.stdout.write(`wrote ${shown(file)}${state}\n`);
}

function shown(file: string): string {
  return relative(ROOT, file);
}
