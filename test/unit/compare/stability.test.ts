/** Shares, collapses and convergence of made-up runs, counted by hand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CellResult, Outcome } from "../../../src/compare/cell.js";
import { isNear, NEAR } from "../../../src/compare/quality.js";
import { budgetsOf, stabilityOf, stabilityPlan } from "../../../src/compare/stability.js";

const floors = { ring: { slicedWasserstein: 0.05, modesCovered: 1 } };
const finished: Outcome = { kind: "finished" };

/** A run whose snapshots are [training loss, distance, modes covered]. */
function run(
  rate: number,
  seed: number,
  course: readonly (readonly [number, number, number])[],
  outcome = finished,
): CellResult {
  return {
    problem: "ring",
    method: "gan",
    seed,
    rate,
    learningRate: rate,
    parameters: 1,
    drawingParameters: 1,
    outcome,
    snapshots: course.map(([trainingLoss, slicedWasserstein, modesCovered], i) => ({
      budget: budgetsOf({ problem: "ring", method: "gan", seed, rate })[i],
      step: i + 1,
      trainingLoss,
      logLikelihood: null,
      bitsPerDimension: null,
      ways: { gan: { slicedWasserstein, modesCovered } },
    })),
    seconds: 1,
    date: "2026-11-30",
  };
}

test("well is near the floor with every mode, where modes are known", () => {
  const [limit, moonsFloor] = [0.05 * NEAR.points, { slicedWasserstein: 0.05 }];
  assert.ok(isNear("ring", { slicedWasserstein: limit, modesCovered: 1 }, floors.ring));
  assert.ok(!isNear("ring", { slicedWasserstein: limit + 1e-9, modesCovered: 1 }, floors.ring));
  assert.ok(!isNear("ring", { slicedWasserstein: 0.01, modesCovered: 7 / 8 }, floors.ring));
  assert.ok(isNear("moons", { slicedWasserstein: limit }, moonsFloor));
  assert.ok(isNear("digits", { frechet: 10 * NEAR.digits, modesCovered: 1 }, { frechet: 10 }));
  assert.ok(!isNear("digits", { frechet: 10 * NEAR.digits, modesCovered: 0.9 }, { frechet: 10 }));
});

test("shares, collapse, convergence and rates by hand", () => {
  const result = stabilityOf(
    [
      // Well from 4 s on.
      run(1e-3, 0, [
        [4, 0.4, 0.5],
        [3, 0.1, 1],
        [2, 0.08, 1],
        [1, 0.06, 1],
      ]),
      // Well at the end only.
      run(1e-3, 1, [
        [4, 0.4, 0.5],
        [3, 0.3, 1],
        [2, 0.2, 1],
        [1, 0.1, 1],
      ]),
      // Collapses at 8 s.
      run(1e-2, 0, [
        [4, 0.4, 1],
        [3, 0.3, 0.75],
        [2, 0.9, 0.125],
        [1, 1, 0.125],
      ]),
      // Diverges after it was well.
      run(1e-2, 1, [[4, 0.1, 1]], { kind: "diverged", step: 9, message: "NaN" }),
    ],
    floors,
  );
  assert.equal(result.runs, 4);
  assert.equal(result.well.share, 0.5);
  assert.ok(result.well.interval.low > 0.1 && result.well.interval.high < 0.9);
  assert.equal(result.diverged, 1);
  assert.deepEqual([result.collapsed, result.secondsToCollapse], [1, 8]);
  assert.equal(result.secondsToWell, (4 + 15) / 2);
  assert.deepEqual(result.rates, [1e-3]);
});

test("a loss that falls with the distance tells of it, a loss that stays does not", () => {
  const falling = run(1e-3, 0, [
    [4, 0.4, 1],
    [3, 0.3, 1],
    [2, 0.2, 1],
    [1, 0.1, 1],
  ]);
  assert.equal(stabilityOf([falling], floors).lossTellsQuality, 1);
  const flat = run(1e-3, 0, [
    [1, 0.4, 1],
    [1, 0.3, 1],
    [1, 0.2, 1],
    [1, 0.1, 1],
  ]);
  assert.equal(stabilityOf([flat], floors).lossTellsQuality, 0);
  assert.throws(() => stabilityOf([], floors), /no runs/);
});

test("the plan is methods × 7 rates × 10 seeds × 2 problems, and budgets are its own", () => {
  assert.equal(stabilityPlan(["gan", "flow"]).length, 2 * 7 * 10 * 2);
  assert.deepEqual(budgetsOf({ problem: "ring", method: "gan", seed: 0 }), [5, 15, 45]);
  assert.deepEqual(budgetsOf({ problem: "ring", method: "gan", seed: 0, rate: 0.1 }), [2, 4, 8, 15]);
});
