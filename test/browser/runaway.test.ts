/** A loop that prints without an end: the page shows its beginning and what is left out, and the stop button ends it. */
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { after, before, test } from "node:test";
import { browserForTests, Lab, type OpenNotebook } from "./lab.js";

const { chromium, skip } = browserForTests();

let lab: Lab;
let notebook: OpenNotebook;
before(async () => {
  if (!chromium) return;
  lab = await Lab.start(chromium);
  notebook = await lab.open("runaway", ['let i = 0;\nwhile (true) console.log("line", i++);', "i > 5000"]);
});
after(async () => {
  await lab?.close();
});

test("runaway output is cut with a sentence, can be stopped, and leaves a small file", { skip }, async () => {
  await notebook.start(0);
  await notebook.output(0).filter({ hasText: "a cell shows 5,000 lines" }).first().waitFor();
  await notebook.interrupt();
  await notebook.output(0).filter({ hasText: "Interrupted" }).first().waitFor();
  await notebook.run(1);
  assert.equal(await notebook.output(1).innerText(), "true");
  await notebook.save();
  const { length } = readFileSync(lab.file("runaway"), "utf8").match(/"line \d+\\n"/g) ?? [];
  assert.equal(length, 5000);
  assert.ok(statSync(lab.file("runaway")).size < 1e6);
});
