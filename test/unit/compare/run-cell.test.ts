/** A cell is trained, judged at its stops, repeatable, and a divergence is its outcome. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeOf } from "../../../src/compare/measures.js";
import { methodNamed } from "../../../src/compare/methods/list.js";
import { problemNamed } from "../../../src/compare/problem.js";
import { runCell } from "../../../src/compare/run-cell.js";
import { featureSet, featuresOf } from "../../../src/metrics/index.js";
import * as tf from "../../../src/runtime/tf.js";

const ring = problemNamed("ring");
const judge = judgeOf(ring);
const stops = [
  { budget: 1, step: 20 },
  { budget: 2, step: 40 },
];

test("a flow on the ring: judged twice, the same when repeated, no tensor left", async () => {
  const method = methodNamed("flow");
  const before = tf.memory().numTensors;
  const cell = await runCell({ problem: ring, method, seed: 3, judge, stops });
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual(cell.outcome, { kind: "finished" });
  assert.deepEqual(
    cell.snapshots.map(({ budget, step }) => [budget, step]),
    [
      [1, 20],
      [2, 40],
    ],
  );
  const [first, second] = cell.snapshots;
  assert.ok(second.logLikelihood! > first.logLikelihood!, "40 steps learn more than 20");
  assert.ok(second.ways["flow"]["within3Sigma"] > 0 && second.ways["flow"]["slicedWasserstein"] < 1.5);
  const again = await runCell({ problem: ring, method, seed: 3, judge, stops: stops.slice(0, 1) });
  assert.deepEqual(again.snapshots[0], first);
  const other = await runCell({ problem: ring, method, seed: 4, judge, stops: stops.slice(0, 1) });
  assert.notEqual(other.snapshots[0].trainingLoss, first.trainingLoss);
});

test("a training that diverges is an outcome with its step, and the stops before it count", async () => {
  const cell = await runCell({ problem: ring, method: methodNamed("flow"), seed: 0, judge, stops, rate: 1e6 });
  assert.equal(cell.outcome.kind, "diverged");
  assert.ok(cell.outcome.kind === "diverged" && cell.outcome.step <= 40 && cell.outcome.message.length > 0);
  assert.ok(cell.snapshots.length < 2);
});

test("broken off: the signal's reason, no cell", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(
    runCell({ problem: ring, method: methodNamed("flow"), seed: 0, judge, stops, signal }),
    /enough/,
  );
});

test("the floor is what real data scores: all modes, 98.9 % within 3σ, about 95 % precise", () => {
  const floor = judge.floor();
  assert.equal(floor["modesCovered"], 1);
  assert.ok(Math.abs(floor["within3Sigma"] - 0.989) < 0.01);
  assert.ok(floor["precision"] > 0.93 && floor["recall"] > 0.93);
  assert.ok(Math.abs(floor["nearTraining"] - 1) < 0.1 && floor["tooNear"] < 0.03);
});

test("samples of one mode only score one of eight; copies of training data are seen", () => {
  const one = tf.tensor(ring.modes!.means.slice(0, 2), [1, 2]);
  const samples = tf.tidy(() => tf.add(one, tf.randomNormal([2000, 2], 0, 0.1, "float32", 1)));
  const measures = judge.measure(samples);
  assert.equal(measures["modesCovered"], 1 / 8);
  assert.ok(measures["recall"] < 0.2 && measures["precision"] > 0.9);
  const copies = tf.tensor(ring.training().slice(0, 4000), [2000, 2]);
  assert.equal(judge.measure(copies)["tooNear"], 1);
  tf.dispose([one, samples, copies]);
});

test("training data and fresh data are others, and the same each time", () => {
  assert.deepEqual(ring.fresh(5, 1), ring.fresh(5, 1));
  assert.notDeepEqual(ring.fresh(5, 1), ring.fresh(5, 2));
  assert.deepEqual(ring.training(), ring.training());
  const rare = problemNamed("rare");
  const measures = judgeOf(rare).floor();
  assert.ok(Math.abs(measures["rareShare"] - 0.01) < 0.01);
  assert.equal(featureSet(rare.training()).count, 10_000);
  const nan = tf.tensor([[NaN, 0]]);
  assert.throws(() => featuresOf(nan), /feature 0 of example 0 is NaN/);
  nan.dispose();
});
