/** The form of the course's notebooks: their length, and what a reader sees at once. */
import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readCells } from "./cells.js";

const folder = join(import.meta.dirname, "../../notebooks");

/** Notebooks not yet in the course's present form: 20 to 40 cells, prose of at most 120 words. */
const OLD = ["00"];

for (const name of readdirSync(folder).filter((file) => file.endsWith(".ipynb"))) {
  const old = OLD.includes(name.slice(0, 2));
  const [fewest, most] = old ? [15, 30] : [20, 40];
  test(`${name} has ${fewest} to ${most} cells, and none too long to read at once`, () => {
    const cells = readCells(join(folder, name));
    assert.ok(cells.length >= fewest && cells.length <= most, `${cells.length} cells`);
    cells.forEach(({ type, source }, i) => {
      const lines = source.split("\n");
      if (type === "code") {
        assert.ok(lines.length <= 12, `cell ${i + 1} has ${lines.length} lines: ${lines[0]}`);
        for (const line of lines)
          assert.ok(line.length <= 120, `cell ${i + 1} has a line of ${line.length} characters: ${line}`);
      } else if (!old) {
        const words = source.split(/\s+/).length;
        assert.ok(words <= 120, `cell ${i + 1} has ${words} words: ${lines[0]}`);
      }
    });
  });
}

for (const name of readdirSync(folder).filter((file) => file.endsWith(".ipynb"))) {
  test(`${name} is at most 1 MB`, () => {
    const { size } = statSync(join(folder, name));
    assert.ok(size <= 1e6, `${size} bytes`);
  });
}
