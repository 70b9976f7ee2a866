/** Grids of times and of noise levels: exact lists, formulas, and what respacing makes of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as tf from "../../../src/runtime/tf.js";
import {
  exponentialLevels,
  karrasLevels,
  linearSchedule,
  noiseLevel,
  noiseLevelRange,
  polyexponentialLevels,
  respace,
  respacedDenoiser,
  timeGrid,
  vpPath,
  zeroTerminalSnr,
  type Denoiser,
} from "../../../src/index.js";
import { build, grids, runs, schedules } from "./any-schedule.js";

test("respacing refuses what is no set of times", () => {
  const schedule = linearSchedule();
  assert.throws(() => respace(schedule, [10, 10]), /repeated/);
  assert.throws(() => respace(schedule, [10.5]), /got 10.5/);
  assert.throws(() => respace(schedule, [1001]), /got 1001/);
});

test("time grids: exact lists, for step counts that do not divide T too", () => {
  const schedule = linearSchedule({ T: 100 });
  assert.deepEqual(timeGrid(schedule, { steps: 7, spacing: "leading" }), [85, 71, 57, 43, 29, 15, 1, 0]);
  assert.deepEqual(timeGrid(schedule, { steps: 7, spacing: "trailing" }), [100, 86, 71, 57, 43, 29, 14, 0]);
  // Upstream's t − 1 = 82.5 and 16.5, rounded to the even number, are 82 and 16.
  assert.deepEqual(timeGrid(schedule, { steps: 7, spacing: "linspace" }), [100, 83, 67, 51, 34, 17, 1, 0]);
  assert.deepEqual(timeGrid(schedule, { steps: 1 }), [100, 0]);
  assert.deepEqual(timeGrid(vpPath(), { steps: 4 }), [1, 0.75, 0.5, 0.25, 0]);
  fc.assert(
    fc.property(schedules, grids, (described, grid) => {
      const path = build(described);
      const times = timeGrid(path, grid);
      assert.equal(times.length, grid.steps + 1);
      times.slice(1).forEach((t, i) => assert.ok(t < times[i]));
    }),
  );
});

test("σ grids: their formulas, ends exact, and every level maps to a time and back", () => {
  const range = { min: 0.002, max: 80 };
  const karras = karrasLevels(5, range);
  // (80^{1/7} + i/4·(0.002^{1/7} − 80^{1/7}))^7
  [80, 17.5278, 2.5152, 0.1698, 0.002].forEach((value, i) =>
    assert.ok(Math.abs(karras[i] / value - 1) < 1e-3, `${karras}`),
  );
  exponentialLevels(3, { min: 0.01, max: 100 }).forEach((level, i) =>
    assert.ok(Math.abs(level / [100, 1, 0.01][i] - 1) < 1e-12),
  );
  assert.ok(Math.abs(polyexponentialLevels(3, { min: 0.01, max: 100 }, 2)[1] / 0.1 - 1) < 1e-12);
  fc.assert(
    fc.property(schedules, fc.integer({ min: 2, max: 30 }), (described, n) => {
      const schedule = build(described);
      for (const level of karrasLevels(n, noiseLevelRange(schedule))) {
        const back = noiseLevel(schedule, schedule.timeAt(level));
        assert.ok(Math.abs(back / level - 1) < 1e-9, `${level} came back as ${back}`);
      }
    }),
    runs,
  );
  assert.throws(() => karrasLevels(1, range), /≥ 2, got 1/);
  assert.throws(() => karrasLevels(3, noiseLevelRange(zeroTerminalSnr(linearSchedule()))), /zero terminal SNR/);
});

test("between its times a respaced process asks the parent at the same noise level", () => {
  const schedule = linearSchedule();
  const child = respace(schedule, [100, 300, 600, 1000]);
  const asked: number[] = [];
  const spy: Denoiser = {
    path: schedule,
    predicts: "noise",
    predict: (x, t) => (asked.push(t.dataSync()[0]), tf.zerosLike(x)),
  };
  for (const t of [1, 1.5, 2.25, 3.9]) {
    const told = respacedDenoiser(spy, child);
    told.predict(tf.zeros([1, 1]), tf.tensor1d([t]));
    const level = noiseLevel(schedule, asked.at(-1)!);
    assert.ok(
      Math.abs(level / noiseLevel(child, t) - 1) < 1e-5,
      `t = ${t}: ${level}, expected ${noiseLevel(child, t)}`,
    );
  }
});
