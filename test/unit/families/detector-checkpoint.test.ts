/** The detector of this repository reads what its page says, and the page says what its evaluation.json holds. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  CaptionedDigits,
  loadDetector,
  obedience,
  obedienceTable,
  readCompositions,
  tf,
  type ObedienceRow,
} from "../../../src/index.js";
import { markedPart } from "../../../src/base/marked.js";

const root = join(import.meta.dirname, "../../..");
const folder = join(root, "assets/digit-detector");
const { settings, rows } = JSON.parse(readFileSync(join(folder, "evaluation.json"), "utf8")) as {
  settings: { n: number; seed: number };
  rows: ObedienceRow[];
};

test("the page repeats the evaluation", () => {
  const page = readFileSync(join(root, "docs/benchmarks.md"), "utf8");
  assert.equal(markedPart(page, "evaluate digit-detector"), obedienceTable(rows));
});

test("held-out pictures are read as well as the evaluation says, to its error", () => {
  const detector = loadDetector(folder);
  // Others than those that were evaluated.
  const data = new CaptionedDigits({ split: "heldOut", pairs: "all", seed: settings.seed + 1 });
  const indices = Array.from({ length: 150 }, (_, i) => i);
  const pictures = tf.tensor4d(data.pictures(indices), [indices.length, ...data.shape]);
  const found = obedience(data.compositions(indices), readCompositions(detector, pictures));
  tf.dispose(pictures);
  detector.dispose();
  const [{ found: stated }] = rows;
  for (const fact of ["bound", "digit", "colour", "place", "size", "ground", "whole"] as const) {
    const [share, expected] = [found[fact], stated[fact]].map(({ right, of }) => right / of);
    const error = Math.sqrt((expected * (1 - expected) + 0.01) / found[fact].of);
    assert.ok(share > expected - 4 * error, `${fact}: ${share}, stated ${expected}`);
  }
});
