/** Precision, recall and nearness to training data: counted by hand, and what they say of known faults. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  featureSet,
  memorising,
  nearestDistances,
  neighbourRadii,
  precisionRecall,
  type FeatureSet,
} from "../../../src/metrics/index.js";
import { RandomStream } from "../../../src/random/index.js";

const line = (...values: number[]): FeatureSet => featureSet(Float64Array.from(values), 1);
const gaussian = (n: number, seed: number, mean = 0, std = 1): FeatureSet =>
  featureSet(
    new RandomStream(seed, "precision").normals(2 * n).map((value) => mean + std * value),
    2,
  );

test("distances to the nearest, and to the k-th other one, by hand", () => {
  assert.deepEqual([...nearestDistances(line(0, 5, 9), line(1, 4))], [1, 1, 5]);
  assert.deepEqual([...neighbourRadii(line(0, 1, 3, 7), 1)], [1, 1, 2, 4]);
  assert.deepEqual([...neighbourRadii(line(0, 1, 3, 7), 2)], [3, 2, 3, 6]);
  assert.deepEqual([...neighbourRadii(line(2, 2, 2), 2)], [0, 0, 0]);
});

test("the k-th distance is the k-th of the sorted ones", () => {
  const points = fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 3, maxLength: 12 });
  fc.assert(
    fc.property(points, fc.nat(), (values, pick) => {
      const k = 1 + (pick % (values.length - 1));
      const radii = neighbourRadii(line(...values), k);
      values.forEach((value, i) => {
        const others = values.filter((_, j) => j !== i).map((other) => Math.abs(other - value));
        others.sort((a, b) => a - b);
        assert.ok(Math.abs(radii[i] - others[k - 1]) < 1e-9);
      });
    }),
  );
});

test("precision and recall by hand: balls of radius 1 around 0 and 1, of radius 2 around 10 and 12", () => {
  const real = line(0, 1, 10, 12);
  // 0.5 and 14 lie in a ball, 5 and 20 in none; balls of the generated: 4.5 around 0.5, 4.5 around 5, 6, 6.
  const { precision, recall } = precisionRecall(real, line(0.5, 5, 14, 20), { neighbours: 1 });
  assert.equal(precision, 0.5);
  assert.equal(recall, 1);
});

test("one distribution: both high; a missed mode costs recall, samples that are no data cost precision", () => {
  const same = precisionRecall(gaussian(400, 1), gaussian(400, 2));
  assert.ok(same.precision > 0.9 && same.recall > 0.9, JSON.stringify(same));
  const narrow = precisionRecall(gaussian(400, 1), gaussian(400, 2, 0, 0.1));
  assert.ok(narrow.precision > 0.95 && narrow.recall < 0.1, JSON.stringify(narrow));
  const wide = precisionRecall(gaussian(400, 1), gaussian(400, 2, 0, 6));
  assert.ok(wide.precision < 0.35 && wide.recall > 0.9, JSON.stringify(wide));
  const elsewhere = precisionRecall(gaussian(400, 1), gaussian(400, 2, 50));
  assert.deepEqual(elsewhere, { precision: 0, recall: 0 });
});

test("copies of the training data are told from new data", () => {
  const [training, heldOut] = [gaussian(500, 3), gaussian(300, 4)];
  const fresh = memorising(gaussian(300, 5), training, heldOut);
  assert.ok(Math.abs(fresh.ratio - 1) < 0.2 && fresh.tooNear < 0.04, JSON.stringify(fresh));
  const copies = memorising(featureSet(training.values.slice(0, 200), 2), training, heldOut);
  assert.equal(copies.generated, 0);
  assert.equal(copies.ratio, 0);
  assert.equal(copies.tooNear, 1);
});

test("what cannot be counted is refused", () => {
  assert.throws(() => precisionRecall(line(0, 1, 2), line(0, 1, 2)), /neighbours must be .* from 1 to 2, .* got 3/);
  assert.throws(() => precisionRecall(line(0, 1), line(0, 1), { neighbours: 0 }), /got 0/);
  assert.throws(() => precisionRecall(line(0), line(0, 1)), /at least 2 examples/);
  assert.throws(() => precisionRecall(line(0, 1), gaussian(3, 1)), /dimension 1 and 2/);
  assert.throws(() => precisionRecall(line(0, 1), line(0, 1), { neighbors: 1 } as object), /did you mean "neighbours"/);
  assert.throws(() => memorising(line(1), line(1, 2), line(2, 1)), /held-out examples stand in the training data/);
});
