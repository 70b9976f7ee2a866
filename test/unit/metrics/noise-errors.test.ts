/** An ideal denoiser's error, time by time, is the known floor. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { dataDenoiser, gaussianDenoiser, linearSchedule, type Denoiser } from "../../../src/diffusion/index.js";
import { noiseErrors } from "../../../src/metrics/index.js";
import { RandomStream } from "../../../src/random/index.js";
import { normalNoise } from "../../../src/samplers/index.js";

const schedule = linearSchedule({ T: 100 });
const times = [1, 20, 60, 100];

test("for Gaussian data and its ideal denoiser the error is the floor ᾱs²/(ᾱs² + 1 − ᾱ)", () => {
  const s = 0.5;
  const count = 40_000;
  const x0 = tf.tensor2d(
    new RandomStream(1, "data").normals(count).map((z) => s * z),
    [count, 1],
  );
  const before = tf.memory().numTensors;
  const errors = noiseErrors(gaussianDenoiser(schedule, [0], s ** 2), schedule, x0, times, normalNoise(2));
  assert.equal(tf.memory().numTensors, before);
  errors.forEach((error, i) => {
    const signal = schedule.alphaBar[times[i]] * s ** 2;
    const floor = signal / (signal + 1 - schedule.alphaBar[times[i]]);
    // The mean of count squares of a Gaussian is off by √(2/count) of itself at one standard error.
    assert.ok(Math.abs(error / floor - 1) < 5 * Math.sqrt(2 / count), `t = ${times[i]}: ${error}, floor ${floor}`);
  });
  x0.dispose();
});

test("who knows the one example there is makes no error; who answers 0 makes one of ε's own square", () => {
  const x0 = tf.tensor2d([[0.3, -0.2, 0.9]]);
  const noise = normalNoise(3);
  noiseErrors(dataDenoiser(schedule, x0), schedule, x0, times, noise).forEach((error) =>
    assert.ok(error < 1e-8, `${error}`),
  );
  const silent: Denoiser = { path: schedule, predicts: "noise", predict: (xt) => tf.zerosLike(xt) };
  noiseErrors(silent, schedule, x0, times, noise).forEach((error, i) => {
    const square = tf.tidy(() => tf.mean(tf.square(noise(times[i], [1, 3]))).dataSync()[0]);
    assert.ok(Math.abs(error - square) < 1e-6);
  });
  x0.dispose();
});
