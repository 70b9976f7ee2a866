import assert from "node:assert/strict";
import { test } from "node:test";
import { cosineSchedule, linearSchedule, type Schedule } from "../../../src/index.js";

const relative = (actual: number, expected: number, tolerance: number, what: string): void =>
  assert.ok(Math.abs(actual / expected - 1) <= tolerance, `${what}: ${actual}, expected ${expected}`);

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

// diffusers computes in float32: ᾱ near the end carries a relative error of about 2e-5.
function matchesDiffusers(schedule: Schedule, expected: { beta: [number, number, number]; sum: number; sumBar: number; bar: [number, number][] }): void {
  const { beta, alphaBar, name } = schedule;
  relative(beta[1], expected.beta[0], 1e-5, `${name} β_1`);
  relative(beta[501], expected.beta[1], 1e-5, `${name} β_501`);
  relative(beta[1000], expected.beta[2], 1e-5, `${name} β_T`);
  relative(sum(beta), expected.sum, 1e-5, `${name} Σβ`);
  relative(sum(alphaBar) - 1, expected.sumBar, 1e-5, `${name} Σᾱ`);
  for (const [t, value] of expected.bar) relative(alphaBar[t + 1], value, 4e-5, `${name} ᾱ_${t + 1}`);
}

test("the linear schedule has the published tables", () => {
  const schedule = linearSchedule();
  matchesDiffusers(schedule, {
    beta: [9.999999747378752e-5, 0.010059959255158901, 0.019999999552965164],
    sum: 10.049999777249468,
    sumBar: 275.5131952870579,
    bar: [[0, 0.9998999834060669], [10, 0.9978064894676208], [500, 0.07779665291309357], [999, 4.035830352222547e-5]],
  });
  // Posterior variances of OpenAI's float64 tables.
  relative(schedule.posteriorVariance[2], 5.453187661e-5, 1e-9, "β̃_2");
  relative(schedule.posteriorVariance[501], 0.01005133578, 1e-9, "β̃_501");
  relative(schedule.posteriorVariance[1000], 0.01999998353, 1e-9, "β̃_1000");
});

test("the cosine schedule has the published tables", () => {
  matchesDiffusers(cosineSchedule(), {
    beta: [4.128422369831242e-5, 0.003155691549181938, 0.9990000128746033],
    sum: 12.441496467145043,
    sumBar: 495.5774839997695,
    bar: [[0, 0.9999586939811707], [250, 0.8458880186080933], [900, 0.023616107180714607], [999, 2.4287349909002387e-9]],
  });
});

test("the linear schedule ends at the same ᾱ_T for every T, and refuses T too small to scale", () => {
  for (const T of [50, 100, 400, 4000]) relative(Math.log(linearSchedule({ T }).alphaBar[T]), Math.log(4.0358e-5), 0.2, `ln ᾱ_T at T = ${T}`);
  assert.throws(() => linearSchedule({ T: 20 }), /use T > 20/);
  assert.doesNotThrow(() => linearSchedule({ T: 21 }));
  assert.throws(() => linearSchedule({ T: 1.5 }), /whole number/);
});

test("entry 0 of every table is clean data", () => {
  const { beta, alpha, alphaBar, sigma, snr, posteriorVariance } = linearSchedule();
  assert.deepEqual(
    [beta, alpha, alphaBar, sigma, snr, posteriorVariance].map((table) => [table.length, table[0]]),
    [[1001, 0], [1001, 1], [1001, 1], [1001, 0], [1001, Infinity], [1001, 0]],
  );
});
