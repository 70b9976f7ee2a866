/** Forward process, posterior and predictions agree with each other as Bayes' rule demands. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as tf from "../../../src/runtime/tf.js";
import {
  coefficients,
  convertPrediction,
  cosineSchedule,
  edmPath,
  flowPath,
  linearSchedule,
  networkTime,
  noised,
  perExample,
  normalNoise,
  posterior,
  predictions,
  qSample,
  qStep,
  simpleLoss,
  subVpPath,
  trainingTarget,
  vpPath,
  type GaussianPath,
} from "../../../src/index.js";
import { targetFrom } from "../../../src/diffusion/objectives.js";

const schedules = fc.oneof(
  fc.integer({ min: 50, max: 1500 }).map((T) => linearSchedule({ T })),
  fc.integer({ min: 10, max: 1500 }).map((T) => cosineSchedule({ T })),
);
const largest = (a: tf.Tensor, b: tf.Tensor): number => tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]);

test("t single steps have the mean and variance of the closed form", () => {
  fc.assert(
    fc.property(schedules, fc.double({ min: 0.01, max: 1, noNaN: true }), (schedule, part) => {
      const t = Math.max(1, Math.floor(part * schedule.T));
      let [mean, variance] = [1, 0];
      for (let s = 1; s <= t; s++) {
        mean *= Math.sqrt(1 - schedule.beta[s]);
        variance = (1 - schedule.beta[s]) * variance + schedule.beta[s];
      }
      assert.ok(Math.abs(mean - schedule.signal(t)) < 1e-12);
      assert.ok(Math.abs(variance - schedule.noise(t) ** 2) < 1e-12);
    }),
    { numRuns: 50 },
  );
});

test("a chain of qStep with the first noise alone is qSample with that noise's share", () => {
  const schedule = linearSchedule({ T: 100 });
  const x0 = normalNoise(1)(0, [3, 4]);
  const zero = tf.zerosLike(x0);
  let x = x0;
  for (let t = 1; t <= 60; t++) x = qStep(schedule, x, t, zero);
  assert.ok(largest(x, qSample(schedule, x0, 60, zero)) < 1e-5);
  const noise = normalNoise(2)(0, [3, 4]);
  assert.ok(largest(qStep(schedule, x0, 1, noise), qSample(schedule, x0, 1, noise)) < 1e-6);
});

test("times may differ within a batch", () => {
  const schedule = linearSchedule();
  const [x0, noise] = [normalNoise(1)(0, [3, 2, 2, 1]), normalNoise(2)(0, [3, 2, 2, 1])];
  const together = qSample(schedule, x0, Int32Array.of(1, 500, 1000), noise);
  [1, 500, 1000].forEach((t, i) => {
    assert.ok(largest(tf.slice(together, i, 1), tf.slice(qSample(schedule, x0, t, noise), i, 1)) === 0);
  });
  assert.throws(() => qSample(schedule, x0, [1, 2], noise), /2 times for a batch of 3/);
  assert.throws(() => qSample(schedule, x0, 1001, noise), /outside 0 … 1000/);
  assert.throws(() => qSample(schedule, x0, 1, tf.zeros([3, 2])), /must be equal/);
  assert.throws(() => qStep(schedule, x0, 0, noise), /whole t ≥ 1/);
});

test("the posterior satisfies Bayes' rule: q(x_{t−1}|x_0)·q(x_t|x_{t−1}) = q(x_{t−1}|x_t,x_0)·q(x_t|x_0)", () => {
  const density = (x: number, mean: number, variance: number): number =>
    -0.5 * ((x - mean) ** 2 / variance + Math.log(2 * Math.PI * variance));
  fc.assert(
    fc.property(schedules, fc.double({ min: 0.01, max: 1, noNaN: true }), (schedule, part) => {
      const t = Math.max(2, Math.floor(part * schedule.T));
      const [x0, previous, current] = [0.7, -0.3, 0.4];
      const { mean, variance } = posterior(schedule, tf.tensor([[x0]]), tf.tensor([[current]]), t);
      const left =
        density(previous, schedule.signal(t - 1) * x0, schedule.noise(t - 1) ** 2) +
        density(current, Math.sqrt(schedule.alpha[t]) * previous, schedule.beta[t]);
      const right =
        density(previous, mean.dataSync()[0], variance.dataSync()[0]) +
        density(current, schedule.signal(t) * x0, schedule.noise(t) ** 2);
      assert.ok(Math.abs(left - right) < 1e-3 * (1 + Math.abs(left)), `${left} ≠ ${right} at t = ${t}`);
    }),
    { numRuns: 50 },
  );
});

test("every prediction converts into every other and back, on any path, at any t, for any shape", () => {
  const paths = fc.constantFrom(vpPath(), subVpPath(), edmPath(), flowPath());
  const anyPath = fc.oneof(schedules, paths) as fc.Arbitrary<GaussianPath>;
  const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 });
  const levels = fc.array(fc.double({ min: 0.05, max: 20, noNaN: true }), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(anyPath, shapes, levels, fc.integer({ min: 0, max: 1e6 }), (path, rest, sigmas, seed) => {
      const times = sigmas.map((sigma) => path.timeAt(Math.max(sigma, 1e-3)));
      const [x0, noise] = [0, 1].map((draw) => normalNoise(seed)(draw, [3, ...rest]));
      const xt = qSample(path, x0, times, noise);
      for (const from of predictions) {
        const target = trainingTarget(path, from, x0, times, noise);
        for (const to of predictions) {
          const converted = convertPrediction(path, from, to, target, xt, times);
          const expected = trainingTarget(path, to, x0, times, noise);
          const scale = Math.max(1, tf.max(tf.abs(expected)).dataSync()[0]);
          assert.ok(
            largest(converted, expected) < 5e-4 * scale,
            `${path.name}, ${from} → ${to}: ${largest(converted, expected)}`,
          );
        }
      }
    }),
    { numRuns: 25 },
  );
});

test("ε does not determine x_0 where no signal is left, v does", () => {
  const path = {
    name: "zero SNR",
    T: 1,
    discrete: false,
    signal: (t: number) => 1 - t,
    noise: (t: number) => t,
    timeAt: (s: number) => s / (1 + s),
  };
  const x = tf.ones([1, 2]);
  assert.throws(() => convertPrediction(path, "noise", "sample", x, x, 1), /zero terminal SNR/);
  assert.equal(convertPrediction(path, "velocity", "sample", x, x, 1).dataSync()[0], -1);
});

test("the simple objective is zero on its target and 1 for an output off by 1", () => {
  const target = normalNoise(1)(0, [3, 4]);
  const before = tf.memory().numTensors;
  const loss = simpleLoss(tf.add(target, 1), target, tf.tensor1d([1, 2, 0]));
  assert.ok(Math.abs(loss.dataSync()[0] - 1) < 1e-6);
  assert.equal(simpleLoss(target, target).dataSync()[0], 0);
  assert.ok(tf.memory().numTensors - before <= 4);
});

test("networks are fed t − 1, and 0 for the times below 1 that samplers reach", () => {
  assert.deepEqual(
    [1000, 1, 0.4].map((t) => networkTime(t)),
    [999, 0, 0],
  );
  assert.deepEqual([...networkTime(tf.tensor1d([1000, 1.5, 0.4])).dataSync()], [999, 0.5, 0]);
});

test("the tensor-only halves with looked-up coefficients are qSample and trainingTarget", () => {
  const schedule = cosineSchedule();
  const [x0, noise] = [normalNoise(1)(0, [3, 2, 2, 1]), normalNoise(2)(0, [3, 2, 2, 1])];
  const times = Int32Array.of(1, 400, 999);
  const { time, signal, noise: sigma } = coefficients(schedule, times, 3);
  assert.deepEqual([...time], [1, 400, 999]);
  assert.equal(signal[1], Math.fround(Math.sqrt(schedule.alphaBar[400])));
  const [a, b] = [perExample(signal, 4), perExample(sigma, 4)];
  assert.equal(largest(noised(x0, noise, a, b), qSample(schedule, x0, times, noise)), 0);
  for (const prediction of predictions) {
    const expected = trainingTarget(schedule, prediction, x0, times, noise);
    assert.equal(largest(targetFrom(prediction, x0, noise, a, b), expected), 0);
  }
  assert.throws(() => coefficients(schedule, [1, 2], 3), /2 times for a batch of 3/);
});

test("public functions leave behind only what they return", () => {
  const schedule = linearSchedule();
  const [x0, noise] = [normalNoise(1)(0, [3, 4]), normalNoise(2)(0, [3, 4])];
  const before = tf.memory().numTensors;
  const made = [
    qSample(schedule, x0, [5, 6, 7], noise),
    qStep(schedule, x0, 9, noise),
    ...Object.values(posterior(schedule, x0, noise, 9)),
    trainingTarget(schedule, "velocity", x0, 9, noise),
    convertPrediction(schedule, "noise", "velocity", noise, x0, 9),
    simpleLoss(x0, noise),
  ];
  assert.equal(tf.memory().numTensors, before + made.length);
});
