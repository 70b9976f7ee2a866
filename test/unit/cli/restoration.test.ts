/** Models that complete pictures on the command line: trained, drawn from, and judged beside what needs no model. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { RestorationRow } from "../../../src/cli/evaluate-restoration.js";
import { command } from "./command.js";

const folder = mkdtempSync(join(tmpdir(), "restoration-command-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("digit-inpainting is trained, sampled and evaluated as any other model", async () => {
  const run = join(folder, "run");
  const trained = await command("train", ["digit-inpainting", "--steps", "1", "--batch", "2", "--run", run]);
  assert.equal(trained.code, 0, trained.stderr);

  const out = join(folder, "filled.png");
  const drawn = await command("sample", [run, "--n", "2", "--steps", "1", "--out", out]);
  assert.equal(drawn.code, 0, drawn.stderr);
  assert.match(drawn.stdout, /inpainting, ddim, 1 steps, seed 0/);
  assert.equal(existsSync(out), true);

  const evaluated = await command("evaluate", [run, "--n", "4", "--steps", "1", "--write"]);
  assert.equal(evaluated.code, 0, evaluated.stderr);
  const { rows } = JSON.parse(readFileSync(join(run, "evaluation.json"), "utf8")) as { rows: RestorationRow[] };
  assert.deepEqual(
    rows.map(({ pictures }) => pictures),
    ["drawn", "hole left empty", "original"],
  );
  const [filled, empty, original] = rows;
  // What was given stays; the original is itself.
  assert.deepEqual([filled.disagreement, empty.disagreement], [0, 0]);
  assert.deepEqual([original.meanSquaredError, original.disagreement], [0, 0]);
  assert.equal(filled.meanSquaredError > 0 && empty.meanSquaredError > 0, true);
});
