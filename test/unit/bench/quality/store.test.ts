/** Kept results come back unchanged, and edited ones are refused. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { StudyStore } from "../../../bench/quality/store.js";

const folder = mkdtempSync(join(tmpdir(), "store-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, "1-minutes"));
const store = new StudyStore(join(folder, "1-minutes"));
const key = { seed: 5, contestant: "float32", ending: "minutes" } as const;
const training = { steps: 7, seconds: 60, startSeconds: 2.5, paceMs: 250, durations: [250, 300], version: "x" };

test("what is kept is what comes back", () => {
  writeFileSync(store.weights(key), "");
  store.keepTraining(key, training);
  assert.deepEqual(store.training(key), training);
  const pace = { stepMs: 250, startSeconds: 2.5, version: "x" };
  store.keepPaces({ bf16: pace });
  assert.deepEqual([store.pace("bf16"), store.pace("float32")], [pace, undefined]);
});

test("a file that somebody has changed is refused by the name of the key, not counted with", () => {
  store.keepTraining(key, { ...training, paceMs: 0 });
  assert.throws(() => store.training(key), /seed-5-float32\.training\.json: paceMs must be a finite number > 0, got 0/);
  writeFileSync(join(folder, "paces.json"), '{ "bf16": { "stepMs": 250, "startSeconds": "soon", "version": "x" } }');
  assert.throws(() => store.pace("bf16"), /paces\.json: bf16: startSeconds must be a finite number ≥ 0, got "soon"/);
  writeFileSync(join(folder, "paces.json"), "{");
  assert.throws(() => store.pace("bf16"), /paces\.json is not valid JSON/);
});
