/** Intervals hold the truth as often as they say; ranks correlate as by hand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bootstrapInterval, rankCorrelation, wilsonInterval } from "../../../src/metrics/index.js";
import { RandomStream } from "../../../src/random/index.js";

const close = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} against ${expected}`);
const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, v) => sum + v, 0) / values.length;

test("Wilson's interval of published cases", () => {
  // Newcombe 1998, table I, method 3: 81/263, 15/148, 0/20, 1/29.
  for (const [k, n, low, high] of [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ]) {
    const interval = wilsonInterval(k, n);
    close(interval.low, low, 5e-5);
    close(interval.high, high, 5e-5);
  }
  assert.equal(wilsonInterval(7, 7).high, 1);
});

test("Wilson's bounds solve |p̂ − p| = z·√(p(1 − p)/n)", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), fc.nat(), (n, pick) => {
      const k = pick % (n + 1);
      const { low, high } = wilsonInterval(k, n);
      for (const p of [low, high]) {
        if (p <= 0 || p >= 1) continue;
        close(Math.abs(k / n - p), 1.959964 * Math.sqrt((p * (1 - p)) / n), 1e-6);
      }
    }),
  );
});

test("the bootstrap interval of a mean is about ±1.96 s/√n, and holds the truth about as often as it says", () => {
  const values = new RandomStream(1, "values").normals(200);
  const s = Math.sqrt(mean(values.map((v) => v * v)) - mean(values) ** 2);
  const interval = bootstrapInterval(values, mean, new RandomStream(2, "bootstrap"));
  close(interval.low, mean(values) - (1.96 * s) / Math.sqrt(200), 0.015);
  close(interval.high, mean(values) + (1.96 * s) / Math.sqrt(200), 0.015);

  let held = 0;
  for (let i = 0; i < 200; i++) {
    const drawn = new RandomStream(3, "coverage", i).normals(40);
    const { low, high } = bootstrapInterval(drawn, mean, new RandomStream(4, "coverage", i), { repeats: 300 });
    if (low <= 0 && high >= 0) held++;
  }
  assert.ok(held >= 178 && held <= 198, `${held} of 200`);
});

test("ranks: any rising curve is 1, ties share their mean, Infinity is last", () => {
  close(rankCorrelation([1, 2, 3, 4], [1, 8, 27, 64]), 1, 1e-12);
  close(rankCorrelation([1, 2, 3, 4], [9, 4, 1, -5]), -1, 1e-12);
  // Ranks (1, 2.5, 2.5, 4) against (1, 3, 2, 4).
  close(rankCorrelation([1, 2, 2, 3], [10, 30, 20, 40]), 4.5 / Math.sqrt(4.5 * 5), 1e-12);
  close(rankCorrelation([1, 2, 3], [0, 5, Infinity]), 1, 1e-12);
  assert.equal(rankCorrelation([1, 2, 3], [7, 7, 7]), 0);
});

test("what has no interval is refused", () => {
  assert.throws(() => wilsonInterval(5, 4), /from 0 to the 4 trials, got 5/);
  assert.throws(() => wilsonInterval(0, 0), /trials must be/);
  assert.throws(() => bootstrapInterval([], mean, new RandomStream(1)), /no values/);
  assert.throws(() => bootstrapInterval([1, NaN], mean, new RandomStream(1)), /is NaN/);
  assert.throws(() => rankCorrelation([1, 2], [1, 2]), /at least 3 pairs/);
  assert.throws(() => rankCorrelation([1, 2, 3], [1, 2]), /no pairs/);
  assert.throws(() => rankCorrelation([1, 2, NaN], [1, 2, 3]), /pair 2 is \(NaN, 3\)/);
});
