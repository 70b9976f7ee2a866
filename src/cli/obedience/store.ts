/** Cells of a study of obedience in a file, so that a study that was stopped goes on; of other weights or settings none. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Fields, parseJson } from "../../base/fields.js";
import { writeFileAtomically } from "../../files/index.js";
import { readTextFile } from "../../files/text-file.js";
import type { Obedience, ShareCount } from "../../metrics/index.js";
import type { Cell, CellStore } from "./study.js";

/** A name for all that decides a cell: every file of the folders, and the settings. */
export function digestOf(folders: readonly string[], settings: object): string {
  const hash = createHash("sha256").update(JSON.stringify(settings));
  for (const folder of folders) {
    for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
      // What was found of a model does not change it.
      if (!/[.](safetensors|json|txt)$/.test(path) || /(^|[/\\])(evaluation|training)[.]json$/.test(path)) continue;
      hash.update(`\0${path}\0`).update(readFileSync(join(folder, path)));
    }
  }
  return hash.digest("hex").slice(0, 16);
}

/** The store in one file; what cannot be read of it counts as not there. */
export function fileStore(path: string): CellStore & { readonly size: number } {
  const cells = existsSync(path) ? readCells(path) : new Map<string, Cell>();
  return {
    get size() {
      return cells.size;
    },
    get: (name) => cells.get(name),
    keep(name, cell) {
      cells.set(name, cell);
      writeFileAtomically(path, `${JSON.stringify(Object.fromEntries(cells))}\n`);
    },
  };
}

function readCells(path: string): Map<string, Cell> {
  try {
    const fields = new Fields(path, parseJson(path, readTextFile(path)));
    return new Map(Object.keys(fields.values).map((name) => [name, readCell(fields.object(name))]));
  } catch {
    return new Map();
  }
}

function readCell(fields: Fields): Cell {
  const languages = fields.object("byLanguage");
  return {
    all: readObedience(fields.object("all")),
    byLanguage: { en: readObedience(languages.object("en")), zh: readObedience(languages.object("zh")) },
    ...(fields.has("binding") && { binding: readCount(fields.object("binding")) }),
  };
}

function readObedience(fields: Fields): Obedience {
  const count = (fact: string): ShareCount => readCount(fields.object(fact));
  const whole = fields.object("wholeByDigits");
  return {
    place: count("place"),
    digit: count("digit"),
    colour: count("colour"),
    size: count("size"),
    bound: count("bound"),
    ground: count("ground"),
    nothingExtra: count("nothingExtra"),
    whole: count("whole"),
    wholeByDigits: Object.fromEntries(Object.keys(whole.values).map((k) => [k, readCount(whole.object(k))])),
  };
}

function readCount(fields: Fields): ShareCount {
  const of = fields.number("of", { whole: true, least: 0 });
  return { right: fields.number("right", { whole: true, least: 0, most: of }), of };
}
