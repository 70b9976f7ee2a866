/** The Fréchet distance and the matrix roots behind it have their closed forms. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  type FittedGaussian,
  featureSet,
  featuresOf,
  fitGaussian,
  frechetDistance,
  frechetFeatureDistance,
} from "../../../src/metrics/index.js";
import { symmetricEigen, symmetricSqrt } from "../../../src/numeric/index.js";
import { RandomStream } from "../../../src/random/index.js";
import * as tf from "../../../src/runtime/tf.js";

function close(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} against ${expected}, tolerance ${tolerance}`);
}

function multiply(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const c = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) for (let k = 0; k < n; k++) c[i * n + j] += a[i * n + k] * b[k * n + j];
  return c;
}

const transpose = (a: Float64Array, n: number): Float64Array => a.map((_, at) => a[(at % n) * n + Math.floor(at / n)]);

function largestDifference(a: Float64Array, b: Float64Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

/** G·Gᵀ for a random n×rank G. */
function covarianceOf(n: number, rank: number, stream: RandomStream): Float64Array {
  const g = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let k = 0; k < rank; k++) g[i * n + k] = stream.normal();
  return multiply(g, transpose(g, n), n);
}

const anySeed = fc.integer({ min: 0, max: 2 ** 31 });

describe("symmetricEigen", () => {
  test("takes a random symmetric matrix apart and together again", () => {
    fc.assert(
      fc.property(anySeed, fc.integer({ min: 1, max: 12 }), (seed, n) => {
        const stream = new RandomStream(seed);
        const a = new Float64Array(n * n);
        for (let i = 0; i < n; i++) {
          for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = stream.normal();
        }
        const { values, vectors } = symmetricEigen(a, n);
        const identity = new Float64Array(n * n).map((_, at) => (at % (n + 1) === 0 ? 1 : 0));
        assert.ok(largestDifference(multiply(vectors, transpose(vectors, n), n), identity) < 1e-13);
        const scaled = vectors.map((v, at) => v * values[Math.floor(at / n)]);
        assert.ok(largestDifference(multiply(transpose(vectors, n), scaled, n), a) < 1e-12);
        for (let k = 1; k < n; k++) assert.ok(values[k] >= values[k - 1]);
      }),
    );
  });

  test("knows the eigenvalues 2 − 2cos(kπ/(n+1)) of the second-difference matrix, n = 64", () => {
    const n = 64;
    const a = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      a[i * n + i] = 2;
      if (i > 0) a[i * n + i - 1] = a[(i - 1) * n + i] = -1;
    }
    const { values } = symmetricEigen(a, n);
    for (let k = 0; k < n; k++) close(values[k], 2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)), 1e-13);
  });

  test("copes with zero, multiple and widely spread eigenvalues", () => {
    assert.deepEqual([...symmetricEigen(new Float64Array(9), 3).values], [0, 0, 0]);
    assert.deepEqual([...symmetricEigen(Float64Array.of(3), 1).values], [3]);
    const ones = symmetricEigen(new Float64Array(25).fill(1), 5).values;
    close(ones[4], 5, 1e-14);
    for (let k = 0; k < 4; k++) close(ones[k], 0, 1e-15);
    const spread = symmetricEigen(Float64Array.of(1e10, 1, 1, 1e-3), 2).values;
    close(spread[0], 1e-3 - 1e-10, 1e-6);
  });

  test("refuses what is no symmetric matrix", () => {
    assert.throws(() => symmetricEigen(new Float64Array(5), 2), /order 2 has 4 entries, got 5/);
    assert.throws(() => symmetricEigen(Float64Array.of(1, 2, 3, 4), 2), /not symmetric: entries \(1, 0\)/);
    assert.throws(() => symmetricEigen(Float64Array.of(NaN), 1), /finite/);
    assert.throws(() => symmetricEigen(new Float64Array(0), 0), RangeError);
  });

  test("symmetricSqrt squares back, also when singular, and refuses a negative matrix", () => {
    const stream = new RandomStream(5, "sqrt");
    for (const rank of [2, 6]) {
      const a = covarianceOf(6, rank, stream);
      const root = symmetricSqrt(a, 6);
      assert.ok(largestDifference(multiply(root, root, 6), a) < 1e-12);
    }
    assert.throws(() => symmetricSqrt(Float64Array.of(1, 0, 0, -0.1), 2), /no negative eigenvalue/);
    assert.throws(() => symmetricSqrt(Float64Array.of(-1), 1), RangeError);
  });
});

describe("frechetDistance", () => {
  const gaussian = (mean: number[], covariance: ArrayLike<number>): FittedGaussian => ({
    mean: Float64Array.from(mean),
    covariance: Float64Array.from(covariance),
  });

  test("in one dimension: (μ₁ − μ₂)² + (σ₁ − σ₂)²", () => {
    close(frechetDistance(gaussian([1], [4]), gaussian([-2], [0.25])), 9 + 2.25, 1e-14);
  });

  test("with diagonal covariances: sums over the axes", () => {
    const a = gaussian([0, 1, 2], [1, 0, 0, 0, 4, 0, 0, 0, 9]);
    const b = gaussian([1, 1, 0], [4, 0, 0, 0, 4, 0, 0, 0, 0]);
    close(frechetDistance(a, b), 1 + 4 + (1 + 0 + 9), 1e-13);
  });

  test("in the plane: tr √M = √(tr M + 2√det M) for M = Σ₁Σ₂", () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const stream = new RandomStream(seed);
        const a = covarianceOf(2, 2, stream);
        const b = covarianceOf(2, 2, stream);
        const m = multiply(a, b, 2);
        const cross = Math.sqrt(m[0] + m[3] + 2 * Math.sqrt(Math.max(0, m[0] * m[3] - m[1] * m[2])));
        const expected = a[0] + a[3] + b[0] + b[3] - 2 * cross;
        close(frechetDistance(gaussian([0, 0], a), gaussian([0, 0], b)), expected, 1e-6);
      }),
    );
  });

  test("in any dimension: the optimal map x ↦ Ax costs tr((I − A)Σ(I − A))", () => {
    fc.assert(
      fc.property(anySeed, fc.integer({ min: 2, max: 10 }), (seed, n) => {
        const stream = new RandomStream(seed);
        const sigma = covarianceOf(n, n, stream);
        const map = covarianceOf(n, n, stream);
        const mapped = multiply(multiply(map, sigma, n), map, n);
        const rest = map.map((value, at) => (at % (n + 1) === 0 ? 1 : 0) - value);
        const moved = multiply(multiply(rest, sigma, n), rest, n);
        let expected = 0;
        let scale = 0;
        for (let i = 0; i < n; i++) {
          expected += moved[i * n + i];
          scale += mapped[i * n + i] + sigma[i * n + i];
        }
        const zero = Array.from({ length: n }, () => 0);
        const symmetric = mapped.map((value, at) => (value + transpose(mapped, n)[at]) / 2);
        const distance = frechetDistance(gaussian(zero, sigma), gaussian(zero, symmetric));
        close(distance, expected, 1e-7 * scale);
      }),
      { numRuns: 40 },
    );
  });

  test("is 0 between equals, symmetric, and at ease with singular covariances", () => {
    const stream = new RandomStream(8);
    const full = gaussian([1, 2, 3, 4], covarianceOf(4, 4, stream));
    const flat = gaussian([0, 0, 0, 0], covarianceOf(4, 1, stream));
    close(frechetDistance(full, full), 0, 1e-10);
    close(frechetDistance(flat, flat), 0, 1e-6);
    close(frechetDistance(full, flat), frechetDistance(flat, full), 1e-6);
    const point = gaussian([0, 0, 0, 0], new Float64Array(16));
    const trace = [0, 5, 10, 15].reduce((sum, at) => sum + full.covariance[at], 0);
    close(frechetDistance(full, point), 30 + trace, 1e-10);
    // ranges at right angles: nothing in common, so the cost is both traces
    const [x, y] = [gaussian([0, 0], [1, 1, 1, 1]), gaussian([0, 0], [1, -1, -1, 1])];
    close(frechetDistance(x, y), 4, 1e-7);
  });

  test("refuses Gaussians of different dimension", () => {
    assert.throws(() => frechetDistance(gaussian([0], [1]), gaussian([0, 0], [1, 0, 0, 1])), /dimension 1 and 2/);
  });
});

describe("features", () => {
  test("fitGaussian gives the mean and the covariance over N − 1", () => {
    const { mean, covariance } = fitGaussian(featureSet(Float32Array.of(1, 2, 3, 6, 5, 1)));
    assert.deepEqual([...mean], [3, 3]);
    assert.deepEqual([...covariance], [4, -1, -1, 7]);
  });

  test("the distance of samples tends to that of their Gaussians", () => {
    const n = 20_000;
    const a = featureSet(new RandomStream(1, "a").normals(2 * n));
    const b = featureSet(new RandomStream(1, "b").normals(2 * n).map((z, i) => (i % 2 === 0 ? 1 + 2 * z : z)));
    close(frechetFeatureDistance(a, b), 2, 0.1);
    assert.ok(frechetFeatureDistance(a, featureSet(new RandomStream(1, "c").normals(2 * n))) < 1e-3);
  });

  test("featuresOf flattens the rows of a tensor and keeps none", () => {
    const before = tf.memory().numTensors;
    const images = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2, 1]);
    const features = featuresOf(images);
    assert.deepEqual([features.count, features.dimension, ...features.values], [2, 4, 1, 2, 3, 4, 5, 6, 7, 8]);
    images.dispose();
    assert.equal(tf.memory().numTensors, before);
    const scalar = tf.scalar(1);
    assert.throws(() => featuresOf(scalar), /rank 2 or more, got rank 0/);
    scalar.dispose();
  });

  test("bad features are refused", () => {
    assert.throws(() => featureSet(new Float32Array(3), 2), /3 numbers are no whole vectors of length 2/);
    assert.throws(() => featureSet(new Float32Array(3), 0), RangeError);
    assert.throws(() => featureSet(Float32Array.of(0, 1, 2, NaN), 2), /feature 1 of example 1 is NaN/);
    assert.throws(() => featureSet(Float32Array.of(Infinity), 1), RangeError);
    const one = featureSet(new Float32Array(2), 2);
    assert.throws(() => frechetFeatureDistance(one, one), /at least 2 examples/);
    assert.throws(() => fitGaussian(one), /at least 2 examples, got 1/);
    assert.throws(() => frechetFeatureDistance(one, featureSet(new Float32Array(6), 3)), /dimension 2 and 3/);
  });
});

test("either covariance must be one: symmetric, finite, of the means' dimension", () => {
  const good = { mean: Float64Array.of(0, 0), covariance: Float64Array.of(1, 0, 0, 1) };
  const bad: [number[], RegExp][] = [
    [[1, 0.5, 0, 1], /not symmetric/],
    [[1, 0, 0, NaN], /holds NaN/],
    [[1, 0, 0, 1, 9], /has 4 entries, got 5/],
  ];
  for (const [covariance, message] of bad) {
    const one = { mean: good.mean, covariance: Float64Array.from(covariance) };
    assert.throws(() => frechetDistance(one, good), message);
    assert.throws(() => frechetDistance(good, one), message);
  }
});
