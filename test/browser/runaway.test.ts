/** Loops without an end, printing or silent: the stop button ends them in 3 s; of what they print the page shows the beginning. */
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { after, before, test } from "node:test";
import { browserForTests, Lab, type OpenNotebook } from "./lab.js";

const { chromium, skip } = browserForTests();

const PATIENCE = 3000;
const CELLS = [
  'let i = 0;\nwhile (true) console.log("line", i++);',
  "i > 5000",
  'console.log("busy");\nwhile (true) i += 1;',
  'console.log("waiting");\nawait new Promise(() => {});',
  '"alive"',
];

let lab: Lab;
let notebook: OpenNotebook;
before(async () => {
  if (!chromium) return;
  lab = await Lab.start(chromium);
  notebook = await lab.open("runaway", CELLS);
});
after(async () => {
  await lab?.close();
});

test("runaway output is cut with a sentence, can be stopped, and leaves a small file", { skip }, async () => {
  await notebook.start(0);
  await notebook.output(0).filter({ hasText: "a cell shows 5,000 lines" }).first().waitFor();
  await notebook.stopWithin(0, PATIENCE);
  await notebook.run(1);
  assert.equal(await notebook.output(1).innerText(), "true");
  await notebook.save();
  const { length } = readFileSync(lab.file("runaway"), "utf8").match(/"line \d+\\n"/g) ?? [];
  assert.equal(length, 5000);
  assert.ok(statSync(lab.file("runaway")).size < 1e6);
});

test("the stop button ends a loop that only computes, and a cell that only waits", { skip }, async () => {
  for (const [index, sign] of [
    [2, "busy"],
    [3, "waiting"],
  ] as const) {
    await notebook.start(index);
    await notebook.output(index).filter({ hasText: sign }).first().waitFor();
    await notebook.stopWithin(index, PATIENCE);
  }
  await notebook.run(4);
  assert.equal(await notebook.output(4).innerText(), "'alive'");
});
