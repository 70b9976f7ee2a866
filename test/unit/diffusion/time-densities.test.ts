/** Times are drawn with the densities they claim and stay within 1 … T. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  coefficients,
  edmPath,
  flowPath,
  linearSchedule,
  logitNormalTimes,
  logNormalLevels,
  lossAwareTimes,
  RandomStream,
  stratifiedTimes,
  uniformTimes,
} from "../../../src/index.js";

const stream = (): RandomStream => new RandomStream(1, "times");
const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

test("uniform times reach both ends and are even in between", () => {
  const { times, weights } = uniformTimes(linearSchedule({ T: 50 }))(stream(), 20000);
  const counts = new Array<number>(51).fill(0);
  times.forEach((t) => counts[t]++);
  assert.equal(counts[0], 0);
  // 400 expected each; 5 standard deviations of √400
  counts.slice(1).forEach((count, i) => assert.ok(Math.abs(count - 400) < 100, `t = ${i + 1} came ${count} times`));
  assert.ok(weights.every((weight) => weight === 1));
  const continuous = uniformTimes(flowPath())(stream(), 1000).times;
  assert.ok(continuous.every((t) => t > 0 && t <= 1));
});

test("stratified times take one from each equal part", () => {
  const { times } = stratifiedTimes(linearSchedule({ T: 1000 }))(stream(), 10);
  assert.deepEqual(Array.from(times, (t) => Math.floor((t - 1) / 100)).sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("logit-normal times and log-normal levels have their means and deviations", () => {
  const logits = Array.from(logitNormalTimes(flowPath(), { mean: 0.5, deviation: 0.8 })(stream(), 20000).times, (t) =>
    Math.log(t / (1 - t)),
  );
  assert.ok(Math.abs(mean(logits) - 0.5) < 0.03);
  // 0.8², give or take 5 deviations of 0.64·√(2/20000)
  assert.ok(Math.abs(mean(logits.map((x) => (x - 0.5) ** 2)) - 0.64) < 0.032);
  const logs = Array.from(logNormalLevels(edmPath())(stream(), 20000).times, Math.log);
  assert.ok(Math.abs(mean(logs) + 1.2) < 0.05);
  assert.ok(Math.abs(mean(logs.map((x) => (x + 1.2) ** 2)) - 1.44) < 0.08);
});

test("log-normal levels of a discrete schedule are at the nearest whole times, not above them", () => {
  const schedule = linearSchedule({ T: 50 });
  const { times, weights } = logNormalLevels(schedule, { mean: 0, deviation: 0.3 })(stream(), 20000);
  const logs = Array.from(times, (t) => Math.log(schedule.noise(t) / schedule.signal(t)));
  // The deviation of 20 000 means is 0.002; half a step is 0.05.
  assert.ok(Math.abs(mean(logs)) < 0.015, `${mean(logs)}`);
  assert.ok(times.every((t) => Number.isInteger(t) && t >= 1 && t <= 50) && weights.every((weight) => weight === 1));
});

test("no time lies above T where float32 rounds T up", () => {
  const path = edmPath({ sigmaMax: 80.3 });
  assert.ok(Math.fround(path.T) > path.T);
  const { times } = logNormalLevels(path, { mean: 5 })(stream(), 200);
  assert.ok(times.some((t) => t > 80.29) && times.every((t) => t <= path.T), `${Math.max(...times)}`);
  coefficients(path, times, 200);
});

test("times by loss: uniform until all are known, then p ∝ √E[L²], with weights that keep the mean", () => {
  const density = lossAwareTimes(4, { length: 2, uniformShare: 0 });
  assert.deepEqual([...density.probabilities()], [0.25, 0.25, 0.25, 0.25]);
  const losses = [1, 2, 3, 4];
  density.observe([1, 2, 3, 4, 1, 2, 3], [9, 2, 3, 4, 1, 2, 3]);
  assert.deepEqual([...density.probabilities()], [0.25, 0.25, 0.25, 0.25], "one time still lacks a loss");
  density.observe([4, 1], [4, 1]);
  density
    .probabilities()
    .forEach((p, i) => assert.ok(Math.abs(p - losses[i] / 10) < 1e-12, "the oldest loss is forgotten"));
  const { times, weights } = density(stream(), 40000);
  const weighted = Array.from(times, (t, i) => losses[t - 1] * weights[i]);
  assert.ok(Math.abs(mean(weighted) - 2.5) < 0.01, `mean loss ${mean(weighted)}, uniform 2.5`);
  const restored = lossAwareTimes(4, { length: 2, uniformShare: 0 });
  const saved = density.save();
  density.observe([1], [100]);
  restored.restore(saved);
  restored
    .probabilities()
    .forEach((p, i) => assert.ok(Math.abs(p - losses[i] / 10) < 1e-12, "later losses change no state"));
  const other = lossAwareTimes(3, { length: 2 });
  assert.throws(() => other.restore(saved), /the saved state is for T = 4, not 3/);
  assert.throws(() => density.observe([5], [1]), /t = 5 is no whole time 1 … 4/);
});
