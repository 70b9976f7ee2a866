/** Inversion, image to image, inpainting and interpolation do what their papers define. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import {
  compile,
  consistency,
  cosineSchedule,
  dataDenoiser,
  flowPath,
  ddim,
  ddimInversion,
  inpaint,
  interpolateNoise,
  linearSchedule,
  mixtureDenoiser,
  partialStart,
  reflowPairs,
  repaintTimes,
  timeGrid,
  zeroTerminalSnr,
} from "../../../src/index.js";
import { drain } from "./diffusers-fixture.js";
import { fastNoise, largestDifference } from "./helpers.js";

test("image to image takes the last share of the steps, from the image noised to the first of them", () => {
  const schedule = linearSchedule();
  const image = tf.tensor2d([[0.5, -0.5]]);
  const { xT, times } = partialStart(schedule, image, {
    strength: 0.3,
    steps: 10,
    noise: (_, shape) => tf.ones([...shape]),
  });
  assert.deepEqual(times, [300, 200, 100]);
  const expected = schedule.signal(300) * 0.5 + schedule.noise(300);
  assert.ok(Math.abs(xT.dataSync()[0] - expected) < 1e-6);
  assert.throws(
    () => partialStart(schedule, image, { strength: 0, noise: fastNoise(1) }),
    /strength must lie in \(0, 1\]/,
  );
});

test("image to image refuses a strength that takes no step, or the one that starts from pure noise", () => {
  const schedule = linearSchedule();
  const image = tf.tensor2d([[0.5, -0.5]]);
  const start = (strength: number, steps: number) =>
    partialStart(schedule, image, { strength, steps, noise: fastNoise(1) });
  assert.throws(
    () => start(0.49, 1),
    /^RangeError: strength 0.49 takes none of 1 step: use at least 2 steps, or more strength$/,
  );
  assert.throws(() => start(0.9, 1), /takes none of 1 step: use at least 2 steps/);
  assert.throws(() => start(0.04, 10), /takes none of 10 steps: use at least 13 steps/);
  assert.equal(start(0.04, 13).times.length, 1);
  assert.deepEqual(start(0.9, 2).times, [500]);
  assert.deepEqual(start(1, 1).times, [1000]);
});

test("little strength stays near the image, full strength forgets it", () => {
  const schedule = cosineSchedule();
  const denoiser = mixtureDenoiser(schedule, { means: [[-1], [1]], covariances: [0.01] });
  const images = tf.fill([200, 1], 0.9);
  const stays = (strength: number): number => {
    const { xT, times } = partialStart(schedule, images, { strength, steps: 20, noise: fastNoise(2) });
    return tf.mean(tf.cast(tf.greater(drain(ddim(denoiser, schedule, xT, { times })), 0), "float32")).dataSync()[0];
  };
  assert.ok(stays(0.2) > 0.99);
  assert.ok(Math.abs(stays(1) - 0.5) < 0.15);
});

test("RePaint's walk goes back from the last noisy time and every jump-th above it, as the authors' code does", () => {
  assert.deepEqual(repaintTimes([40, 30, 20, 10, 0], 2, 2), [40, 30, 20, 10, 30, 20, 10, 0]);
  assert.deepEqual(repaintTimes([50, 40, 30, 20, 10, 0], 2, 2), [50, 40, 30, 50, 40, 30, 20, 10, 30, 20, 10, 0]);
  assert.deepEqual(repaintTimes([30, 20, 10], 2, 2), [30, 20, 10, 30, 20, 10]);
  assert.deepEqual(repaintTimes([3, 2, 1, 0], 1, 10), [3, 2, 1, 0]);
  assert.throws(() => repaintTimes([3, 2, 1, 0], 2, 10), /no jump of 10 steps back fits into 3 noisy times/);
  assert.deepEqual(repaintTimes([3, 2, 1, 0], 3, 1), [3, 2, 3, 2, 3, 2, 1, 2, 1, 2, 1, 0]);
  assert.throws(() => repaintTimes([1, 0], 0, 1), /resamples/);
});

test("DDIM inversion comes back where no signal is left at its end, and refuses the one step that has no inverse", () => {
  const x0 = tf.tensor2d([[-0.9], [0.3], [1.1]]);
  for (const path of [flowPath(), zeroTerminalSnr(cosineSchedule({ T: 200 }))]) {
    const denoiser = mixtureDenoiser(path, { means: [[-1], [1]], covariances: [0.3] });
    const latent = drain(ddimInversion(denoiser, path, x0, { steps: 10, iterations: 60 }));
    const back = drain(ddim(denoiser, path, latent, { steps: 10 }));
    assert.ok(largestDifference(back, x0) < 2e-3, `${path.name}: ${largestDifference(back, x0)}`);
    assert.throws(
      () => ddimInversion(denoiser, path, x0, { steps: 1 }),
      /no signal is left .* has no inverse, use more steps/,
    );
  }
});

test("inpainting keeps the known part and fills the rest as the data has it", () => {
  const schedule = cosineSchedule({ T: 200 });
  // Two coordinates that are always equal: the unknown one must follow the known one.
  const denoiser = mixtureDenoiser(schedule, {
    means: [
      [-1, -1],
      [1, 1],
    ],
    covariances: [0.01],
  });
  const image = tf.tensor2d(Array.from({ length: 100 }, (_, i) => [i % 2 ? 1 : -1, 0]));
  const noise = fastNoise(4);
  const before = tf.memory().numTensors;
  const options = { image, mask: tf.tensor2d([[1, 0]]), steps: 40, jump: 5, resamples: 4, noise };
  const xT = noise(0, [100, 2]);
  const result = drain(inpaint(denoiser, schedule, xT, options));
  const values = result.dataSync();
  let agreeing = 0;
  for (let i = 0; i < 100; i++) {
    assert.equal(values[2 * i], i % 2 ? 1 : -1);
    agreeing += Math.sign(values[2 * i]) === Math.sign(values[2 * i + 1]) ? 1 : 0;
  }
  assert.ok(agreeing >= 95, `${agreeing} of 100 agree`);
  assert.equal(tf.memory().numTensors, before + 3);
});

test("noise interpolates on the sphere: ends exact, norms kept, parallel vectors straight", () => {
  const [a, b] = [fastNoise(1)(0, [3, 50]), fastNoise(2)(0, [3, 50])];
  assert.ok(largestDifference(interpolateNoise(a, b, 0), a) < 1e-5);
  assert.ok(largestDifference(interpolateNoise(a, b, 1), b) < 1e-5);
  const unit = tf.tensor2d([[1, 0]]);
  const middle = interpolateNoise(unit, tf.tensor2d([[0, 1]]), 0.5).dataSync();
  [0, 1].forEach((i) => assert.ok(Math.abs(middle[i] - Math.SQRT1_2) < 1e-6));
  assert.ok(largestDifference(interpolateNoise(unit, unit, 0.3), unit) < 1e-6);
});

test("there is no arc from a noise of zeros, nor to an opposite one: refused, with the example", () => {
  const a = fastNoise(1)(0, [3, 50]);
  const zeroLast = tf.mul(a, tf.tensor2d([[1], [1], [0]]));
  const oppositeSecond = tf.mul(a, tf.tensor2d([[1], [-0.7], [1]]));
  const before = tf.memory().numTensors;
  assert.throws(() => interpolateNoise(zeroLast, a, 0.5), /^RangeError: a is zero in example 2 and has no direction/);
  assert.throws(() => interpolateNoise(a, zeroLast, 0), /^RangeError: b is zero in example 2/);
  assert.throws(() => interpolateNoise(a, oppositeSecond, 0.5), /^RangeError: a and b are opposite in example 1/);
  assert.equal(tf.memory().numTensors, before);
  const compiled = compile(({ x, y }: { x: tf.Tensor; y: tf.Tensor }) => ({ between: interpolateNoise(x, y, 0.3) }));
  const b = fastNoise(2)(0, [3, 50]);
  assert.ok(largestDifference(compiled({ x: a, y: b }).between, interpolateNoise(a, b, 0.3)) < 1e-5);
  compiled.dispose();
});

test("samples of a finite data set's ideal denoiser are its points", () => {
  const schedule = linearSchedule();
  const data = tf.tensor2d([
    [-1, -1],
    [1, 0.5],
    [0.2, 1],
  ]);
  const result = drain(ddim(dataDenoiser(schedule, data), schedule, fastNoise(6)(0, [50, 2]), { steps: 60 }));
  const distances = tf.min(tf.norm(tf.sub(tf.expandDims(result, 1), tf.expandDims(data, 0)), 2, 2), 1).dataSync();
  distances.forEach((distance) => assert.ok(distance < 1e-3, `${distance} from the nearest data point`));
});

test("one consistency step is one evaluation of x̂_0, two noise it again in between", () => {
  const schedule = linearSchedule();
  const half = { path: schedule, predicts: "sample" as const, predict: (xt: tf.Tensor) => tf.mul(xt, 0.5) };
  const xT = tf.ones([1, 2]);
  const noise = (_draw: number, shape: readonly number[]): tf.Tensor => tf.fill([...shape], 2);
  assert.equal(drain(consistency(half, schedule, xT, { noise })).dataSync()[0], 0.5);
  const second = timeGrid(schedule, { steps: 2 })[1];
  const expected = 0.5 * (0.5 * schedule.signal(second) + 2 * schedule.noise(second));
  assert.ok(Math.abs(drain(consistency(half, schedule, xT, { noise, steps: 2 })).dataSync()[0] - expected) < 1e-6);
});

test("reflow pairs noise with the sample its flow ends in: in one dimension their order is kept", () => {
  const path = flowPath();
  const denoiser = mixtureDenoiser(path, { means: [[-1], [1]], covariances: [0.01] });
  const noise = tf.tensor2d([[-1.5], [-0.7], [-0.2], [0.3], [0.9], [2]]);
  const pairs = reflowPairs(denoiser, path, noise, { steps: 40, method: "heun" });
  assert.equal(pairs.noise, noise);
  const x0 = [...pairs.x0.dataSync()];
  assert.deepEqual(
    [...x0].sort((a, b) => a - b),
    x0,
  );
  // The median of the noise goes to the median of the data: three go to each mode.
  x0.forEach((x, i) => assert.ok(Math.abs(x - (i < 3 ? -1 : 1)) < 0.4, `${x0}`));
});
