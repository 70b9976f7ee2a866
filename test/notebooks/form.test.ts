/** The form of the course's notebooks: their length, and what a reader sees at once. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readCells } from "./cells.js";

const folder = join(import.meta.dirname, "../../notebooks");

for (const name of readdirSync(folder).filter((file) => file.endsWith(".ipynb"))) {
  test(`${name} has 15 to 25 cells, and no code cell of more than 12 lines or of lines too long to read at once`, () => {
    const cells = readCells(join(folder, name));
    assert.ok(cells.length >= 15 && cells.length <= 25, `${cells.length} cells`);
    cells.forEach(({ type, source }, i) => {
      if (type !== "code") return;
      const lines = source.split("\n");
      assert.ok(lines.length <= 12, `cell ${i + 1} has ${lines.length} lines: ${lines[0]}`);
      for (const line of lines)
        assert.ok(line.length <= 120, `cell ${i + 1} has a line of ${line.length} characters: ${line}`);
    });
  });
}
