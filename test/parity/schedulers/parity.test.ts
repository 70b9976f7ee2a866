/** Every recorded run of a diffusers scheduler is reproduced by a sampler of this library. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { agrees, finalOf, fixtures, type Case } from "./fixtures.js";
import { runOnPath } from "./path-runs.js";
import { runOnSchedule } from "./schedule-runs.js";

/** UnCLIP starts at σ = 20 000: its states run into thousands, whose float32 rounding the sine in the network magnifies. */
const tolerances: Readonly<Record<string, number>> = { UnCLIPScheduler: 1e-3 };

const covered = [...new Set(fixtures.cases.map(({ scheduler }) => scheduler))];

for (const scheduler of covered) {
  const cases = fixtures.cases.filter((one: Case) => one.scheduler === scheduler);
  test(`${scheduler}: ${cases.length} runs of upstream's are ours`, () => {
    for (const one of cases) {
      const run = runOnSchedule(one) ?? runOnPath(one) ?? assert.fail(`nothing runs "${one.sampler}"`);
      agrees(finalOf(run), one, tolerances[scheduler]);
    }
  });
}
