/** The learning rates of the methods: chosen from made-up runs by hand, and those of the study by what is stored. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CellResult, Outcome } from "../../../src/compare/cell.js";
import { methods } from "../../../src/compare/methods/list.js";
import { FIRST_SEED_OF_CHOICE, isOfChoice, judgeRates, ratesPlan } from "../../../src/compare/rates.js";
import { stabilityPlan } from "../../../src/compare/stability.js";
import { CompareStore } from "../../../src/compare/store.js";
import { plan } from "../../../src/compare/study.js";

function run(
  problem: string,
  rate: number,
  slicedWasserstein: number,
  outcome: Outcome = { kind: "finished" },
): CellResult {
  return {
    problem,
    method: "gan",
    seed: FIRST_SEED_OF_CHOICE,
    rate,
    learningRate: rate,
    parameters: 1,
    drawingParameters: 1,
    outcome,
    snapshots: [
      {
        budget: 15,
        step: 1,
        trainingLoss: 0,
        logLikelihood: null,
        bitsPerDimension: null,
        ways: { gan: { slicedWasserstein } },
      },
    ],
    seconds: 1,
    date: "2026-11-30",
  };
}

test("the best rate is nearest to the floor over all problems; one that diverges is the last", () => {
  const floors = { ring: { slicedWasserstein: 0.05 }, grid: { slicedWasserstein: 0.1 } };
  const cells = [
    run("ring", 1e-3, 0.1), // 2 floors
    run("grid", 1e-3, 0.8), // 8 floors: √(2·8) = 4
    run("ring", 3e-4, 0.15), // 3
    run("grid", 3e-4, 0.3), // 3
    run("ring", 3e-3, 0.05),
    run("grid", 3e-3, 0.1, { kind: "diverged", step: 5, message: "loss is NaN" }),
  ];
  const judged = judgeRates(cells, floors, { method: "gan", kind: "points" });
  assert.deepEqual(
    judged.map(({ rate }) => rate),
    [3e-4, 1e-3, 3e-3],
  );
  assert.ok(Math.abs(judged[0].overFloor - 3) < 1e-9 && Math.abs(judged[1].overFloor - 4) < 1e-9);
  assert.equal(judged[2].overFloor, Infinity);
});

test("the runs that choose share no seed with either study", () => {
  const chosen = new Set(ratesPlan().map(({ seed }) => seed));
  for (const { seed } of [...plan(), ...stabilityPlan(["gan"])]) assert.ok(!chosen.has(seed));
  assert.ok(ratesPlan().every(isOfChoice));
  assert.ok(!plan().some(isOfChoice) && !stabilityPlan(["gan"]).some(isOfChoice));
});

test("each method has the rate that the stored runs chose", () => {
  const store = new CompareStore("assets/compare");
  const [cells, floors] = [store.allCells("rates"), store.floors()];
  for (const { name: method, learningRate, problems } of methods) {
    for (const kind of problems) {
      const [best] = judgeRates(cells, floors, { method, kind });
      if (best) assert.equal(learningRate[kind], best.rate, `${method} on ${kind}: npm run compare -- rates --list`);
    }
  }
});
