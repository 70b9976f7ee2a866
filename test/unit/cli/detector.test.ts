/** The judge of text to image is trained and evaluated by the commands that know the other models. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { ObedienceRow } from "../../../src/index.js";
import { command } from "./command.js";

const folder = mkdtempSync(join(tmpdir(), "detector-command-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("train writes a detector, evaluate reads real pictures with it and keeps the counts", async () => {
  const run = join(folder, "run");
  const trained = await command("train", ["digit-detector", "--steps", "2", "--batch", "2", "--run", run]);
  assert.equal(trained.code, 0, trained.stderr);
  assert.match(trained.stdout, /digits read right in 1000 pictures written by other hands: \d+\.\d %/);

  const evaluated = await command("evaluate", [run, "--n", "30", "--write"]);
  assert.equal(evaluated.code, 0, evaluated.stderr);
  assert.match(evaluated.stdout, /30 pictures each, seed 7/);
  assert.match(evaluated.stdout, /^whole, 3 digits +\d/m);
  const { settings, rows } = JSON.parse(readFileSync(join(run, "evaluation.json"), "utf8")) as {
    settings: object;
    rows: ObedienceRow[];
  };
  assert.deepEqual(settings, { n: 30, seed: 7 });
  assert.deepEqual(
    rows.map(({ pictures, found }) => [pictures, found.whole.of]),
    [
      ["other hands", 30],
      ["training hands", 30],
    ],
  );

  const drawing = await command("evaluate", [run, "--sampler", "ddim"]);
  assert.match(drawing.stderr, /unknown option "sampler" of the evaluation of a detector.* Known are n, seed, write/);
});
