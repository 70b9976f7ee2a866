/** Coverage of classes and modes is counted as its formulas say. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { featureSet, histogramSpread, modeCoverage, recognise } from "../../../src/metrics/index.js";
import { ringModes, ringOfGaussians } from "../../../src/data/index.js";
import { RandomStream } from "../../../src/random/index.js";

function close(actual: number, expected: number, tolerance = 1e-12): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} against ${expected}`);
}

describe("histogramSpread", () => {
  test("knows the uniform, the single and the half-filled histogram", () => {
    close(histogramSpread([5, 5, 5, 5]).entropy, Math.log(4));
    close(histogramSpread([5, 5, 5, 5]).klFromUniform, 0);
    close(histogramSpread([0, 7, 0]).klFromUniform, Math.log(3));
    close(histogramSpread([3, 3, 0, 0]).entropy, Math.log(2));
    close(histogramSpread([1, 3]).entropy, 0.25 * Math.log(4) + 0.75 * Math.log(4 / 3));
  });

  test("entropy and divergence are ≥ 0 and sum to ln K", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 1, maxLength: 20 }), (counts) => {
        fc.pre(counts.some((n) => n > 0));
        const { entropy, klFromUniform } = histogramSpread(counts);
        assert.ok(entropy >= 0 && klFromUniform >= 0);
        close(entropy + klFromUniform, Math.log(counts.length));
      }),
    );
  });

  test("a fair sample of N has KL ≈ (K − 1)/(2N)", () => {
    const counts = new Int32Array(10);
    let mean = 0;
    for (let repeat = 0; repeat < 200; repeat++) {
      counts.fill(0);
      for (const k of new RandomStream(1, "fair", repeat).integers(1000, 0, 10)) counts[k] += 1;
      mean += histogramSpread(counts).klFromUniform / 200;
    }
    close(mean, 9 / 2000, 0.0006);
  });

  test("refuses what is no histogram", () => {
    assert.throws(() => histogramSpread([]), /without counts/);
    assert.throws(() => histogramSpread([0, 0]), RangeError);
    assert.throws(() => histogramSpread([1, -1]), /counts ≥ 0, got -1/);
    assert.throws(() => histogramSpread([NaN]), RangeError);
  });
});

describe("recognise", () => {
  const probabilities = featureSet(Float32Array.of(0.95, 0.05, 0, 0.5, 0.4, 0.1, 0.02, 0.03, 0.95, 0.0, 0.09, 0.91), 3);

  test("counts by the likeliest class, and the sure ones apart", () => {
    const result = recognise(probabilities);
    assert.equal(result.count, 4);
    assert.equal(result.share, 0.75);
    assert.deepEqual([...result.histogram], [2, 0, 2]);
    assert.deepEqual([...result.recognised], [1, 0, 2]);
    assert.deepEqual([...result.classes], [0, 0, 2, 2]);
    close(result.confidence, (0.95 + 0.5 + 0.95 + 0.91) / 4, 1e-6);
    close(result.entropy, Math.log(2));
    close(result.klFromUniform, Math.log(3) - Math.log(2));
    assert.equal(recognise(probabilities, 0.94).share, 0.5);
    assert.equal(recognise(probabilities, 0.4).share, 1);
  });

  test("a probability at the threshold is not above it", () => {
    assert.equal(recognise(featureSet(Float64Array.of(0.75, 0.25)), 0.75).share, 0);
  });

  test("refuses logits, empty sets and bad thresholds", () => {
    assert.throws(() => recognise(featureSet(Float32Array.of(3, -2))), /no probability/);
    assert.throws(() => recognise(featureSet(Float32Array.of(0.5, 0.4))), /sums to 0\.9.*not logits/);
    assert.throws(() => recognise(featureSet(new Float32Array(0), 10)), /no samples/);
    for (const threshold of [-0.1, 1, NaN]) assert.throws(() => recognise(probabilities, threshold), /threshold/);
  });
});

describe("modeCoverage", () => {
  const square = { means: [0, 0, 10, 0, 0, 10, 10, 10], std: 1 };

  test("by hand: nearest mode, within three standard deviations", () => {
    const samples = featureSet(Float64Array.of(0, 2.9, 0, 3.1, 10, 1, 9, 0, 5, 5, 10, 10));
    const result = modeCoverage(samples, square);
    assert.deepEqual([...result.histogram], [1, 2, 0, 1]);
    assert.equal(result.covered, 3);
    assert.equal(result.modes, 4);
    close(result.share, 4 / 6);
    close(result.klFromUniform, Math.log(4) - 1.5 * Math.log(2));
    assert.equal(modeCoverage(samples, square, { atLeast: 2 }).covered, 1);
    assert.equal(modeCoverage(samples, square, { within: 4 }).share, 5 / 6);
  });

  test("the ring's own samples cover it: share 1 − e^{−9/2}, evenly", () => {
    const n = 20_000;
    const result = modeCoverage(featureSet(ringOfGaussians(n, new RandomStream(1, "ring"))), ringModes());
    assert.equal(result.covered, 8);
    close(result.share, 1 - Math.exp(-4.5), 4 * Math.sqrt(0.011 / n));
    assert.ok(result.klFromUniform < 4 * (7 / (2 * n)));
  });

  test("where modes overlap a sample belongs to the nearest", () => {
    const overlapping = { means: [0, 0, 1, 0, 0, 1], std: 1 };
    const samples = featureSet(Float64Array.of(0.1, 0.1, 0.9, 0.2, 0.2, 0.9, 0.4, 0));
    assert.deepEqual([...modeCoverage(samples, overlapping).histogram], [2, 1, 1]);
  });

  test("samples that reach no mode", () => {
    const result = modeCoverage(featureSet(Float32Array.of(50, 50)), square);
    assert.deepEqual([result.covered, result.share, result.klFromUniform], [0, 0, Infinity]);
  });

  test("refuses what does not fit", () => {
    const samples = featureSet(new Float32Array(2));
    assert.throws(() => modeCoverage(samples, { means: [1, 2, 3], std: 1 }), /no whole means of dimension 2/);
    assert.throws(() => modeCoverage(samples, { means: [], std: 1 }), RangeError);
    assert.throws(() => modeCoverage(samples, { ...square, std: 0 }), /std must be/);
    assert.throws(() => modeCoverage(samples, square, { within: NaN }), /within must be/);
    assert.throws(() => modeCoverage(featureSet(new Float32Array(0)), square), /no samples/);
  });
});
