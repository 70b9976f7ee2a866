/** The doctor's line on the comparison: what is finished of what is planned, and how long the rest trains. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { checkComparison } from "../../../src/setup/checks.mjs";

test("cells are counted by the plan", () => {
  const folder = mkdtempSync(join(tmpdir(), "doctor-"));
  assert.deepEqual([checkComparison(folder).state, checkComparison(folder).found], ["optional", "not begun"]);
  const plan = {
    "cells/ring.gan.json": { cells: 2, seconds: 45 },
    "stability/ring.gan.json": { cells: 1, seconds: 15 },
  };
  writeFileSync(join(folder, "plan.json"), JSON.stringify(plan));
  assert.equal(checkComparison(folder).found, "0 of 3 cells of the study, about 2 min of training left");
  mkdirSync(join(folder, "cells"));
  mkdirSync(join(folder, "stability"));
  writeFileSync(join(folder, "cells/ring.gan.json"), JSON.stringify({ cells: [{}, {}] }));
  assert.equal(checkComparison(folder).found, "2 of 3 cells of the study, about 1 min of training left");
  writeFileSync(join(folder, "stability/ring.gan.json"), "damaged");
  assert.equal(checkComparison(folder).found, "2 of 3 cells of the study, about 1 min of training left");
  writeFileSync(join(folder, "stability/ring.gan.json"), JSON.stringify({ cells: [{}, {}, {}] }));
  assert.deepEqual([checkComparison(folder).state, checkComparison(folder).found], ["ok", "all 3 cells of the study"]);
  rmSync(folder, { recursive: true });
});
