/** Guidance follows its equation, and ideal denoisers their closed forms. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import {
  classifierGuided,
  convertPrediction,
  cosineSchedule,
  edmPath,
  gaussianDenoiser,
  guided,
  linearSchedule,
  mixtureDenoiser,
  type Condition,
  type Denoiser,
} from "../../../src/index.js";

/** o = label + t/1000 for every element; counts calls and remembers batch sizes. */
function labelled(): Denoiser & { batches: number[] } {
  const batches: number[] = [];
  return {
    path: linearSchedule(),
    predicts: "noise",
    batches,
    predict: (xt, t, condition) => {
      batches.push(xt.shape[0]);
      const value = tf.add(tf.cast(condition!.label, "float32"), tf.div(t, 1000));
      return tf.add(tf.zerosLike(xt), tf.reshape(value, [-1, 1]));
    },
  };
}

const label = (values: number[]): Condition => ({ label: tf.tensor1d(values, "int32") });
const xt = tf.zeros([2, 3]);
const at = (t: number): tf.Tensor1D => tf.fill([2], t) as tf.Tensor1D;

test("guidance is o_u + w·(o_c − o_u) in one call of twice the batch: w = 0 is unconditional, w = 1 conditional", () => {
  for (const [scale, first, second] of [
    [0, 9, 9],
    [1, 3, 5],
    [2, -3, 1],
  ]) {
    const denoiser = labelled();
    const before = tf.memory().numTensors;
    const condition = label([3, 5]);
    const unconditional = label([9]);
    const output = guided(denoiser, { guidanceScale: scale, unconditional }).predict(xt, at(0), condition);
    assert.deepEqual([output.shape, output.dataSync()[0], output.dataSync()[3]], [[2, 3], first, second]);
    assert.deepEqual(denoiser.batches, [4]);
    assert.equal(tf.memory().numTensors, before + 4);
  }
});

test("outside its interval guidance is the conditional output", () => {
  const denoiser = guided(labelled(), { guidanceScale: 2, unconditional: label([9]), interval: [200, 600] });
  const output = denoiser.predict(xt, tf.tensor1d([500, 700]), label([3, 5])).dataSync();
  assert.ok(Math.abs(output[0] - -2.5) < 1e-6 && Math.abs(output[3] - 5.7) < 1e-6, `${output}`);
});

test("rescaled guidance has the conditional output's deviation at φ = 1, and survives a constant one", () => {
  const spread: Denoiser = {
    path: linearSchedule(),
    predicts: "noise",
    predict: (x, _t, condition) => tf.mul(tf.reshape(tf.cast(condition!.label, "float32"), [-1, 1]), x),
  };
  const x = tf.tensor2d([
    [1, 2, 4],
    [-1, 0, 2],
  ]);
  const deviation = (values: tf.Tensor): Float32Array =>
    tf.sqrt(tf.moments(values, 1).variance).dataSync() as Float32Array;
  const options = { guidanceScale: 7, unconditional: label([1]) };
  const rescaled = guided(spread, { ...options, rescale: 1 }).predict(x, at(1), label([2, 3]));
  const conditional = tf.mul(x, tf.tensor2d([[2], [3]]));
  deviation(rescaled).forEach((value, i) => assert.ok(Math.abs(value - deviation(conditional)[i]) < 1e-5));
  // Half way between 1·ô and the fully rescaled one: x·w with w_c = 2 → ô = 8·x, rescaled 2·x, φ = 0.5 gives 5·x.
  const half = guided(spread, { ...options, rescale: 0.5 })
    .predict(x, at(1), label([2, 3]))
    .dataSync();
  assert.ok(Math.abs(half[0] - 5) < 1e-5, `${half}`);
  const constant = guided(labelled(), { ...options, rescale: 1 })
    .predict(xt, at(0), label([3, 5]))
    .dataSync();
  assert.ok(constant.every(Number.isFinite));
});

test("guidance refuses what would be silently wrong", () => {
  const denoiser = guided(labelled(), { guidanceScale: 2, unconditional: label([9]) });
  assert.throws(() => denoiser.predict(xt, at(1)), /needs a condition/);
  assert.throws(
    () => denoiser.predict(xt, at(1), { text: tf.zeros([2, 1]) }),
    /has \[text\] but the unconditional one has \[label\]/,
  );
  assert.throws(
    () => denoiser.predict(xt, at(1), label([1, 2, 3])),
    /"label" has 3 conditions and 1 unconditional entries for a batch of 2/,
  );
  const ofThree = guided(labelled(), { guidanceScale: 2, unconditional: label([9, 9, 9]) });
  assert.throws(() => ofThree.predict(xt, at(1), label([1, 2])), /2 conditions and 3 unconditional/);
  assert.throws(
    () => guided(labelled(), { guidanceScale: 1, unconditional: {}, interval: [5, 1] }),
    /two rising times, got 5,1/,
  );
  assert.throws(() => classifierGuided(labelled(), () => tf.tensor1d([0]), NaN), /scale must be a finite number/);
  assert.throws(() => guided(labelled(), { guidanceScale: NaN, unconditional: {} }), /guidanceScale/);
  assert.throws(() => guided(labelled(), { guidanceScale: 1, unconditional: {}, rescale: 2 }), /rescale/);
});

test("classifier guidance turns a mixture's score into that of the class", () => {
  const path = linearSchedule();
  const both = mixtureDenoiser(path, { means: [[-1], [1]], covariances: [0.2] });
  const one = gaussianDenoiser(path, [1], 0.2);
  // ln p(y | x_t) = ln ½·p(x_t | y) − ln p(x_t): Bayes on the noised densities.
  const logProbability = (x: tf.Tensor, t: tf.Tensor1D): tf.Tensor1D =>
    tf.add(tf.sub(one.logDensity(x, t), both.logDensity(x, t)), Math.log(0.5)) as tf.Tensor1D;
  const x = tf.tensor2d([[-1.2], [0.1], [0.9]]);
  const t = tf.tensor1d([100, 400, 800]);
  const steered = classifierGuided(both, logProbability);
  const expected = convertPrediction(path, "sample", "noise", one.predict(x, t), x, [100, 400, 800]).dataSync();
  steered
    .predict(x, t)
    .dataSync()
    .forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-4, `${value} ≠ ${expected[i]}`));
});

test("the ideal denoisers are the closed forms", () => {
  const path = edmPath();
  const x = tf.tensor2d([[10], [-2]]);
  // D = x·s²/(s² + σ²)
  const d = gaussianDenoiser(path, [0], 0.25)
    .predict(x, tf.tensor1d([10, 0.5]))
    .dataSync();
  assert.ok(Math.abs(d[0] - (10 * 0.25) / 100.25) < 1e-7 && Math.abs(d[1] - -1) < 1e-6);
  // Tweedie: x̂_0 = (x_t + b²·∇ ln q(x_t))/a, for a mixture with full covariances.
  const vp = linearSchedule();
  const mixture = mixtureDenoiser(vp, {
    weights: [1, 3],
    means: [
      [-1, 0.5],
      [0.5, 0.2],
    ],
    covariances: [
      [
        [0.3, 0.1],
        [0.1, 0.2],
      ],
      [0.1, 0.4],
    ],
  });
  const points = tf.tensor2d([
    [0.3, -0.2],
    [-1, 1],
    [2, 0],
  ]);
  const times = [50, 300, 700];
  const t = tf.tensor1d(times);
  const score = tf.grad((y: tf.Tensor) => tf.sum(mixture.logDensity(y, t)))(points);
  const tweedie = convertPrediction(vp, "score", "sample", score, points, times).dataSync();
  mixture
    .predict(points, t)
    .dataSync()
    .forEach((value, i) => assert.ok(Math.abs(value - tweedie[i]) < 2e-4, `${value} ≠ ${tweedie[i]}`));
  assert.throws(
    () =>
      gaussianDenoiser(
        path,
        [0, 0],
        [
          [1, 2],
          [2, 1],
        ],
      ),
    /negative eigenvalue/,
  );
  assert.throws(
    () =>
      gaussianDenoiser(
        path,
        [0, 0],
        [
          [1, 2],
          [0, 1],
        ],
      ),
    /symmetric/,
  );
  assert.throws(
    () => gaussianDenoiser(path, [0], 1).predict(tf.zeros([1, 2]), tf.tensor1d([1])),
    /do not have the data's 1 values/,
  );
});

test("the ideal denoiser of a full covariance is μ + a·Σ·(a²Σ + b²I)⁻¹·(x − a·μ), and its density that of N(a·μ, a²Σ + b²I)", () => {
  const path = cosineSchedule();
  const [t, mean, x] = [400, [0.5, -1], [0.7, 0.2]];
  const [s11, s12, s22] = [2, 0.6, 0.5];
  const [a, b] = [path.signal(t), path.noise(t)];
  const [c11, c12, c22] = [a * a * s11 + b * b, a * a * s12, a * a * s22 + b * b];
  const determinant = c11 * c22 - c12 * c12;
  const off = [x[0] - a * mean[0], x[1] - a * mean[1]];
  const solved = [(c22 * off[0] - c12 * off[1]) / determinant, (c11 * off[1] - c12 * off[0]) / determinant];
  const expected = [
    mean[0] + a * (s11 * solved[0] + s12 * solved[1]),
    mean[1] + a * (s12 * solved[0] + s22 * solved[1]),
  ];
  const covariance = [
    [s11, s12],
    [s12, s22],
  ];
  const ideal = gaussianDenoiser(path, mean, covariance);
  const [points, times] = [tf.tensor2d([x]), tf.tensor1d([t])];
  const estimate = ideal.predict(points, times).dataSync();
  expected.forEach((value, i) => assert.ok(Math.abs(estimate[i] - value) < 1e-5, `${estimate[i]} ≠ ${value}`));
  const squares = off[0] * solved[0] + off[1] * solved[1];
  const density = -0.5 * squares - Math.log(2 * Math.PI) - 0.5 * Math.log(determinant);
  assert.ok(Math.abs(ideal.logDensity(points, times).dataSync()[0] - density) < 1e-5);
});

test("the ideal denoiser takes data of an image's size, and a covariance of lower rank", () => {
  const path = cosineSchedule();
  const image = gaussianDenoiser(path, new Array<number>(400).fill(0), 1);
  const x = tf.ones([1, 400]);
  const [a, b] = [path.signal(500), path.noise(500)];
  const expected = a / (a ** 2 + b ** 2);
  assert.ok(
    image
      .predict(x, tf.tensor1d([500]))
      .dataSync()
      .every((value) => Math.abs(value - expected) < 1e-5),
  );
  // Σ = v·vᵀ in units of 0 … 255
  const v = [255, 130, 17];
  const flat = gaussianDenoiser(
    path,
    [0, 0, 0],
    v.map((p) => v.map((q) => p * q)),
  );
  const [first, second] = flat.predict(tf.tensor2d([v]), tf.tensor1d([500])).dataSync();
  assert.ok(Math.abs(first / second - v[0] / v[1]) < 1e-4);
});
