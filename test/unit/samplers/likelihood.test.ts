/** Likelihoods of the probability flow equal the exact ones of Gaussians and mixtures. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import {
  bitsPerDimension,
  densityBits,
  edmPath,
  gaussianDenoiser,
  linearSchedule,
  logLikelihood,
  mixtureDenoiser,
  RandomStream,
  vpPath,
  type GaussianMixture,
} from "../../../src/index.js";
import { fastNoise } from "./helpers.js";

const mixture: GaussianMixture = {
  weights: [0.4, 0.6],
  means: [
    [-1, 0.3],
    [0.8, -0.4],
  ],
  covariances: [
    [
      [0.2, 0.05],
      [0.05, 0.1],
    ],
    0.15,
  ],
};

/** ln p of the mixture itself, at noise level 0. */
function exactLog(path = edmPath(), points: tf.Tensor): Float32Array {
  const denoiser = mixtureDenoiser(path, mixture);
  return denoiser.logDensity(points, tf.zeros([points.shape[0]]) as tf.Tensor1D).dataSync() as Float32Array;
}

const points = tf.tensor2d([
  [-1, 0.3],
  [0.8, -0.4],
  [0, 0],
  [-1.5, 0.9],
  [1.4, 0.1],
]);

for (const [name, path, from] of [
  ["VP", vpPath(), 1e-4],
  ["EDM", edmPath({ sigmaMax: 80 }), 2e-3],
] as const) {
  test(`the ${name} probability flow gives a mixture's likelihood within 1 %`, () => {
    const exact = exactLog(edmPath(), points);
    const before = tf.memory().numTensors;
    const { logLikelihood: got, latent } = logLikelihood(mixtureDenoiser(path, mixture), path, points, {
      from,
    });
    assert.equal(tf.memory().numTensors, before + 2);
    const values = got.dataSync();
    // 1 % of the density itself, an absolute 0.01 in nats.
    exact.forEach((expected, i) =>
      assert.ok(Math.abs(values[i] - expected) < 0.01, `ln p = ${values[i]}, exact ${expected}`),
    );
    const spread = name === "EDM" ? 80 : 1;
    assert.ok(tf.max(tf.abs(latent)).dataSync()[0] < 4 * spread, "codes lie where the prior has its mass");
  });
}

test("on the discrete linear schedule the likelihood is that of data noised by its first step", () => {
  const schedule = linearSchedule();
  const denoiser = mixtureDenoiser(schedule, mixture);
  const got = logLikelihood(denoiser, schedule, points).logLikelihood.dataSync();
  const exact = denoiser.logDensity(points, tf.fill([5], 1) as tf.Tensor1D).dataSync();
  exact.forEach((expected, i) => assert.ok(Math.abs(got[i] - expected) < 0.01, `${got[i]}, exact ${expected}`));
});

test("Hutchinson's trace agrees with the exact one in the mean over probes", () => {
  const path = vpPath();
  const denoiser = mixtureDenoiser(path, mixture);
  const stream = new RandomStream(5, "probes");
  const signs = Array.from({ length: 4 }, () =>
    tf.tensor2d(
      Float32Array.from({ length: 400 }, () => (stream.uniform() < 0.5 ? -1 : 1)),
      [200, 2],
    ),
  );
  const repeated = tf.tile(tf.slice(points, 2, 1), [200, 1]) as tf.Tensor2D;
  const [loose] = [{ from: 1e-3, relativeTolerance: 1e-3, absoluteTolerance: 1e-3 }];
  const estimated = logLikelihood(denoiser, path, repeated, { ...loose, trace: signs }).logLikelihood;
  const exact = logLikelihood(denoiser, path, tf.slice(points, 2, 1), loose).logLikelihood.dataSync()[0];
  const { mean, variance } = tf.moments(estimated);
  const standardError = Math.sqrt(variance.dataSync()[0] / 200);
  assert.ok(standardError > 0 && standardError < 0.1);
  assert.ok(
    Math.abs(mean.dataSync()[0] - exact) < 4.5 * standardError + 0.01,
    `${mean.dataSync()[0]} ± ${standardError}, exact ${exact}`,
  );
});

test("the bits of a Gaussian's density are its entropy, and of its grey levels 6.994 more", () => {
  const [path, deviation, d] = [vpPath(), 0.5, 3];
  const x = tf.mul(fastNoise(3)(0, [2000, d]), deviation);
  const loose = { from: 1e-4, relativeTolerance: 1e-4, absoluteTolerance: 1e-4 };
  const nats = logLikelihood(gaussianDenoiser(path, [0, 0, 0], deviation ** 2), path, x, loose).logLikelihood;
  const bits = tf.mean(densityBits(nats, d)).dataSync()[0];
  // h = ½·log₂(2πe·s²); the mean over samples has standard error 1/(√(2·N·d)·ln 2).
  const entropy = 0.5 * Math.log2(2 * Math.PI * Math.E * deviation ** 2);
  const standardError = 1 / (Math.sqrt(2 * 2000 * d) * Math.LN2);
  assert.ok(Math.abs(bits - entropy) < 4.5 * standardError, `${bits} bits, entropy ${entropy} ± ${standardError}`);
  // Against the very samples' own −log₂ p no sampling error remains.
  const own =
    -tf.mean(tf.sum(tf.square(tf.div(x, deviation)), 1)).dataSync()[0] / 2 -
    (d / 2) * Math.log(2 * Math.PI * deviation ** 2);
  assert.ok(Math.abs(bits + own / (d * Math.LN2)) < 0.002);
  const ofLevels = tf.mean(bitsPerDimension(nats, d)).dataSync()[0];
  assert.ok(Math.abs(ofLevels - bits - Math.log2(127.5)) < 1e-5);
});

test("what logLikelihood cannot take is refused by its name", () => {
  const path = vpPath();
  const denoiser = mixtureDenoiser(path, mixture);
  const bad: [object, RegExp][] = [
    [{ from: path.T }, /^RangeError: from must lie between 0 and 1, the times of "vp", got 1$/],
    [{ from: 0 }, /^RangeError: from must lie between 0 and 1, .* got 0$/],
    [{ from: NaN }, /got NaN$/],
    [{ trace: "hutchinson" }, /^TypeError: trace must be "exact" or a list of probes .* got "hutchinson"$/],
    [{ trace: [] }, /^RangeError: trace needs at least one probe/],
    [{ trace: [tf.ones([1, 2])] }, /probe 0 has shape \[1,2\] but x has \[5,2\]/],
  ];
  const before = tf.memory().numTensors;
  for (const [options, message] of bad) assert.throws(() => logLikelihood(denoiser, path, points, options), message);
  assert.equal(tf.memory().numTensors, before);
});

test("where no time is said a path whose variance explodes takes data at σ(T)/40000", () => {
  const path = edmPath();
  const got = logLikelihood(mixtureDenoiser(path, mixture), path, points).logLikelihood.dataSync();
  exactLog(path, points).forEach((expected, i) =>
    assert.ok(Math.abs(got[i] - expected) < 0.01, `ln p = ${got[i]}, exact ${expected}`),
  );
});
