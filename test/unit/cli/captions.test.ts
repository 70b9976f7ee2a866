/** `npm run evaluate` of a model of captions: a detector reads what it draws, at each scale and in two languages. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Findings } from "../../../src/cli/obedience/study.js";
import { writeSmallPipeline } from "../families/latent/small-pipeline.js";
import { command } from "./command.js";

const folder = mkdtempSync(join(tmpdir(), "captions-command-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("evaluate prints every table, keeps the counts, and knows on a second run what it has drawn", async () => {
  const model = join(folder, "model");
  writeSmallPipeline(model);
  const args = [model, "--n", "4", "--seed", String(Date.now() % 1e6), "--write"];
  const evaluated = await command("evaluate", args);
  assert.equal(evaluated.code, 0, evaluated.stderr);
  assert.match(evaluated.stdout, /^ +real +reconstructed +guidance 1 +guidance 2 +guidance 4 +guidance 7$/m);
  assert.match(evaluated.stdout, /^A closed world: /m);
  assert.match(evaluated.stdout, /4 captions of each set, of exchanged colours 2 pairs, drawn by ddim, 2 steps, seed/);
  const { findings } = JSON.parse(readFileSync(join(model, "evaluation.json"), "utf8")) as { findings: Findings };
  assert.deepEqual(
    findings.byGuidance.map(({ guidance, drawn }) => [guidance, drawn.all.whole.of]),
    [1, 2, 4, 7].map((guidance) => [guidance, 4]),
  );

  const again = await command("evaluate", args);
  assert.match(again.stdout, /^15 sets of pictures are known from a run before$/m);
  assert.deepEqual(JSON.parse(readFileSync(join(model, "evaluation.json"), "utf8")).findings, findings);

  const other = await command("evaluate", [model, "--eta", "1"]);
  assert.match(other.stderr, /unknown option "eta" of the evaluation of a model of captions/);
  const few = await command("evaluate", [model, "--n", "3"]);
  assert.match(few.stderr, /--n takes a whole number of at least 4, got "3"/);
});
