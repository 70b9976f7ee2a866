/** The Chinese edition: every catalogue is complete and says what the English notebook says today. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readCatalogue } from "../../src/course/zh/catalogue.js";
import { faultsOf } from "../../src/course/zh/faults.js";
import { readNotebook } from "../../src/course/zh/notebook-file.js";

const folder = join(import.meta.dirname, "../../notebooks");
const names = (where: string, end: string) =>
  readdirSync(where).flatMap((file) => (file.endsWith(end) ? [file.slice(0, -end.length)] : []));
const notebooks = names(folder, ".ipynb");

/** Notebooks that nobody has translated yet. */
const PENDING = ["06", "09", "12"];

for (const name of notebooks.filter((one) => !PENDING.includes(one.slice(0, 2)))) {
  test(`${name} is translated, as it is today`, () => {
    const faults = faultsOf(readNotebook(join(folder, `${name}.ipynb`)), readCatalogue(join(folder, "zh/po", `${name}.po`)));
    assert.deepEqual(
      faults.map(({ cell, what }) => `cell ${cell}: ${what}`),
      [],
    );
  });
}

test("no catalogue is left of a notebook that is gone", () => {
  const left = names(join(folder, "zh/po"), ".po").filter((name) => !notebooks.includes(name));
  assert.deepEqual(left, []);
});
