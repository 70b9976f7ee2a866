/** The ideal denoiser of a data set keeps float64's digits, and its gradient is exact. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { dataDenoiser, edmPath, linearSchedule, normalNoise, type GaussianPath } from "../../../src/index.js";

const [M, d] = [40, 784];
const near = (actual: number, expected: number, tolerance: number, what: string): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual}, expected ${expected} ± ${tolerance}`);

/** Images of 784 values at the ends of [−1, 1], the first in twenty copies that are 0.004 apart. */
function nearDuplicates(): tf.Tensor2D {
  return tf.tidy(() => {
    const images = tf.sign(normalNoise(1)(0, [M / 2, d]));
    const nudges = tf.mul(normalNoise(1)(1, [M / 2, d]), 0.004 / Math.sqrt(2 * d));
    return tf.concat([images, tf.add(tf.slice(images, 0, 1), nudges)]) as tf.Tensor2D;
  });
}

/** p(i | x_t), x̂_0, ln q(x_t) and its gradient for one point, in float64. */
function exactly(path: GaussianPath, data: ArrayLike<number>, x: Float64Array, t: number) {
  const [a, b] = [path.signal(t), path.noise(t)];
  const logs = Array.from({ length: M }, (_, i) => {
    const squared = x.reduce((sum, value, k) => sum + (value - a * data[i * d + k]) ** 2, 0);
    return -squared / (2 * b * b) - (d / 2) * Math.log(2 * Math.PI * b * b);
  });
  const highest = Math.max(...logs);
  const total = logs.reduce((sum, log) => sum + Math.exp(log - highest), 0);
  const x0 = x.map((_, k) =>
    logs.reduce((sum, log, i) => sum + (Math.exp(log - highest) / total) * data[i * d + k], 0),
  );
  const score = x.map((value, k) => (a * x0[k] - value) / (b * b));
  return { x0, logDensity: highest + Math.log(total / M), score };
}

test("near duplicates of 784 values are told apart at any noise, as float64 tells them", () => {
  const data = nearDuplicates();
  const values = data.dataSync();
  for (const [path, times] of [
    [edmPath(), [0.001, 0.002, 0.004, 0.1, 1, 20]],
    [linearSchedule(), [1, 30, 200, 500, 1000]],
  ] as [GaussianPath, number[]][]) {
    const ideal = dataDenoiser(path, data);
    const [signal, noise] = [times.map((t) => [path.signal(t)]), times.map((t) => [path.noise(t)])].map((column) =>
      tf.tensor2d(column),
    );
    const which = tf.gather(data, [20, 21, 25, 30, 39, 3].slice(0, times.length));
    const xt = tf.add(tf.mul(which, signal), tf.mul(normalNoise(2)(0, [times.length, d]), noise));
    const t = tf.tensor1d(times);
    const before = tf.memory().numTensors;
    const [x0, logs] = [ideal.predict(xt, t), ideal.logDensity(xt, t)];
    assert.equal(tf.memory().numTensors, before + 2);
    const score = tf.grad((x: tf.Tensor) => tf.sum(ideal.logDensity(x, t)))(xt);
    times.forEach((time, n) => {
      const point = Float64Array.from(tf.slice(xt, [n, 0], [1, d]).dataSync());
      // The level as float32 times reach it.
      const exact = exactly(path, values, point, Math.min(Math.fround(time), path.T));
      const what = `${path.name} at t = ${time}`;
      near(logs.dataSync()[n], exact.logDensity, 5e-3 + 1e-6 * Math.abs(exact.logDensity), `ln q, ${what}`);
      // Copies differ by about 1e-4 a value, and which one it is must show.
      const of = (all: tf.Tensor): Float32Array => all.dataSync().subarray(n * d, (n + 1) * d) as Float32Array;
      of(x0).forEach((value, k) => near(value, exact.x0[k], path.noise(time) < 0.01 ? 1e-6 : 2e-3, `x̂_0, ${what}`));
      const scale = Math.hypot(...exact.score) / Math.sqrt(d);
      of(score).forEach((value, k) => near(value, exact.score[k], 2e-3 * scale, `score, ${what}`));
    });
  }
});

test("the second of two points 0.004 apart has the weight it has in float64", () => {
  const first = tf.sign(normalNoise(1)(0, [1, d]));
  const second = tf.add(first, 0.004 / Math.sqrt(d));
  const x = tf.add(second, tf.mul(normalNoise(3)(0, [1, d]), 0.004));
  const [one, two, point] = [first, second, x].map((tensor) => Float64Array.from(tensor.dataSync()));
  const squared = (to: Float64Array): number => point.reduce((sum, value, k) => sum + (value - to[k]) ** 2, 0);
  const sigma = Math.fround(0.004);
  const expected = 1 / (1 + Math.exp((squared(two) - squared(one)) / (2 * sigma * sigma)));
  const denoised = dataDenoiser(edmPath(), tf.concat([first, second])).predict(x, tf.tensor1d([sigma]));
  // x̂_0 = x¹ + p·(x² − x¹)
  const shares = Float64Array.from(denoised.dataSync(), (value, k) => (value - one[k]) / (two[k] - one[k]));
  const weight = shares.reduce((sum, share) => sum + share, 0) / d;
  near(weight, expected, 2e-3, "weight of the second");
});

test("the gradient of the ideal denoiser is that of finite differences, and points that do not fit are refused", () => {
  const path = edmPath();
  const ideal = dataDenoiser(
    path,
    tf.tensor2d([
      [-1, 0],
      [1, 0.5],
      [0, 1],
    ]),
  );
  const t = tf.tensor1d([0.7]);
  const first = (x: tf.Tensor): tf.Tensor => tf.sum(tf.mul(ideal.predict(x, t), tf.tensor2d([[1, -2]])));
  const gradient = tf
    .grad(first)(tf.tensor2d([[0.2, 0.3]]))
    .dataSync();
  const at = (x: number, y: number): number => first(tf.tensor2d([[x, y]])).dataSync()[0];
  near(gradient[0], (at(0.21, 0.3) - at(0.19, 0.3)) / 0.02, 2e-3, "∂/∂x");
  near(gradient[1], (at(0.2, 0.31) - at(0.2, 0.29)) / 0.02, 2e-3, "∂/∂y");
  assert.throws(() => ideal.predict(tf.zeros([1, 3]), t), /do not have the data's 2 values/);
  assert.throws(() => ideal.predict(tf.zeros([2, 2]), t), /got 1 times for a batch of 2/);
});
