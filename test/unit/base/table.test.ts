/** Tables align in Markdown and terminals, and durations and shares read as people write them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { markdownTable, textTable } from "../../../src/base/table.js";
import { duration, percent } from "../../../src/base/words.js";

const head = ["sampler", "steps"];
const rows = [
  ["ddim", "50"],
  ["σ | λ", "1000"],
];

test("in Markdown, numbers are flush right and a bar in a cell is no border", () => {
  assert.equal(
    markdownTable({ head, rows }),
    ["| sampler | steps |", "| :--- | ---: |", "| ddim | 50 |", "| σ \\| λ | 1000 |"].join("\n"),
  );
  assert.equal(markdownTable({ head, rows: [], right: [true, false] }), "| sampler | steps |\n| ---: | :--- |");
});

test("in a terminal, columns are as wide as their widest cell, and nothing trails", () => {
  assert.equal(textTable({ head, rows }), ["sampler  steps", "ddim        50", "σ | λ     1000"].join("\n"));
  assert.equal(
    textTable({ head, rows: [["𝑥", "é"]], right: [true, false] }, { rule: true }),
    ["sampler  steps", "───────  ─────", "      𝑥  é"].join("\n"),
  );
});

test("a row of another length than the head is refused", () => {
  assert.throws(() => markdownTable({ head, rows: [["ddim"]] }), /row 0 has 1 cells for 2 columns/);
});

test("durations are short", () => {
  assert.deepEqual([0.4234, 9.96, 12.4, 59.6, 185, 3599.6, 7620].map(duration), [
    "0.42 s",
    "10 s",
    "12 s",
    "1 min 00 s",
    "3 min 05 s",
    "1 h 00 min",
    "2 h 07 min",
  ]);
});

test("a share becomes percent, and none a dash", () => {
  assert.deepEqual([percent(0.9844), percent(1, 0), percent(null), percent(undefined)], ["98.4 %", "100 %", "–", "–"]);
});
