/** MMD and Wasserstein distances equal their closed forms and change with what they should. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  type FeatureSet,
  featureSet,
  frechetFeatureDistance,
  maximumMeanDiscrepancy,
  medianDistance,
  realVersusReal,
  selectFeatures,
  slicedWasserstein,
  wassersteinDistance,
} from "../../../src/metrics/index.js";
import { RandomStream } from "../../../src/random/index.js";

function close(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} against ${expected}, tolerance ${tolerance}`);
}

function normalSet(n: number, dimension: number, purpose: string, scale = 1, shift = 0): FeatureSet {
  const values = new RandomStream(2, purpose)
    .normals(n * dimension)
    .map((z, i) => scale * z + (i % dimension ? 0 : shift));
  return featureSet(values, dimension);
}

const numbers = (min: number, max: number): fc.Arbitrary<number[]> =>
  fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: min, maxLength: max });

describe("maximumMeanDiscrepancy", () => {
  test("by hand: x = {0, 1}, y = {2, 4}, ℓ = 1", () => {
    const k = (d: number): number => Math.exp(-(d * d) / 2);
    const expected = k(1) + k(2) - (2 / 4) * (k(2) + k(4) + k(1) + k(3));
    const a = featureSet(Float64Array.of(0, 1), 1);
    const b = featureSet(Float64Array.of(2, 4), 1);
    close(maximumMeanDiscrepancy(a, b, { bandwidth: 1 }), expected, 1e-15);
    close(maximumMeanDiscrepancy(b, a, { bandwidth: 1 }), expected, 1e-15);
  });

  test("several bandwidths average their kernels", () => {
    const a = normalSet(20, 3, "a");
    const b = normalSet(30, 3, "b", 2);
    const mean = [0.5, 1, 4].reduce((sum, bandwidth) => sum + maximumMeanDiscrepancy(a, b, { bandwidth }) / 3, 0);
    close(maximumMeanDiscrepancy(a, b, { bandwidth: [0.5, 1, 4] }), mean, 1e-14);
  });

  test("tends to its closed form between Gaussians", () => {
    // E k = (ℓ²/(ℓ² + s² + r²))^{d/2} exp(−|δ|²/(2(ℓ² + s² + r²)))
    const [length, s, r, shift, d] = [1.5, 1, 2, 1, 2];
    const expectation = (p: number, q: number, delta: number): number => {
      const total = length ** 2 + p ** 2 + q ** 2;
      return (length ** 2 / total) ** (d / 2) * Math.exp(-(delta ** 2) / (2 * total));
    };
    const expected = expectation(s, s, 0) + expectation(r, r, 0) - 2 * expectation(s, r, shift);
    const estimate = maximumMeanDiscrepancy(normalSet(3000, d, "a"), normalSet(3000, d, "b", r, shift), {
      bandwidth: length,
    });
    close(estimate, expected, 0.01);
    assert.ok(expected > 0.05);
  });

  test("is unbiased: its mean over samples of one distribution is 0", () => {
    const estimates = Array.from({ length: 400 }, (_, i) =>
      maximumMeanDiscrepancy(normalSet(10, 2, `x${i}`), normalSet(12, 2, `y${i}`), { bandwidth: 1 }),
    );
    const mean = estimates.reduce((sum, e) => sum + e, 0) / 400;
    const variance = estimates.reduce((sum, e) => sum + (e - mean) ** 2, 0) / 399;
    assert.ok(Math.abs(mean) < 4 * Math.sqrt(variance / 400), `${mean}`);
    assert.ok(estimates.some((e) => e < 0));
  });

  test("one object on both sides counts as two sets", () => {
    const a = normalSet(10, 2, "a");
    const twin = featureSet(a.values.slice(), 2);
    assert.equal(maximumMeanDiscrepancy(a, a, { bandwidth: 1 }), maximumMeanDiscrepancy(a, twin, { bandwidth: 1 }));
  });

  test("the default bandwidth is the median distance", () => {
    const a = featureSet(Float64Array.of(0, 3), 1);
    const b = featureSet(Float64Array.of(10), 1);
    assert.equal(medianDistance(a, b), 7);
    const c = featureSet(Float64Array.of(10, 11), 1);
    // distances 1, 3, 7, 8, 10, 11: squares 49 and 64 in the middle
    close(medianDistance(a, c), Math.sqrt((49 + 64) / 2), 1e-14);
    assert.equal(maximumMeanDiscrepancy(a, c), maximumMeanDiscrepancy(a, c, { bandwidth: medianDistance(a, c) }));
  });

  test("refuses bad bandwidths, dimensions and sizes", () => {
    const a = normalSet(5, 2, "a");
    for (const bandwidth of [0, -1, NaN, Infinity, [], [1, 0]]) {
      assert.throws(() => maximumMeanDiscrepancy(a, a, { bandwidth }), /bandwidth must be/);
    }
    assert.throws(() => maximumMeanDiscrepancy(a, normalSet(5, 3, "b")), /dimension 2 and 3/);
    assert.throws(() => maximumMeanDiscrepancy(a, normalSet(1, 2, "b")), /at least 2/);
    const same = featureSet(new Float32Array(10), 2);
    assert.throws(() => maximumMeanDiscrepancy(same, same), /give a bandwidth/);
  });
});

describe("wassersteinDistance", () => {
  test("by hand, with unequal sizes", () => {
    assert.equal(wassersteinDistance([0], [3]), 3);
    assert.equal(wassersteinDistance([2, 0], [1, 5], 1), 2);
    close(wassersteinDistance([0, 2], [1, 5]), Math.sqrt((1 + 9) / 2), 1e-15);
    // thirds against halves: |0−1|·⅓ + |3−1|·⅙ + |3−4|·⅙ + |6−4|·⅓
    close(wassersteinDistance([0, 3, 6], [1, 4], 1), 1 / 3 + 2 / 6 + 1 / 6 + 2 / 3, 1e-15);
  });

  test("is a metric, and repeating a sample changes nothing", () => {
    fc.assert(
      fc.property(numbers(1, 8), numbers(1, 8), numbers(1, 8), fc.constantFrom(1, 2, 3), (a, b, c, p) => {
        const ab = wassersteinDistance(a, b, p);
        close(wassersteinDistance(b, a, p), ab, 1e-9);
        assert.equal(wassersteinDistance(a, a, p), 0);
        assert.ok(ab <= wassersteinDistance(a, c, p) + wassersteinDistance(c, b, p) + 1e-9);
        close(wassersteinDistance([...a, ...a, ...a], b, p), ab, 1e-7);
      }),
    );
  });

  test("no other pairing of three is cheaper", () => {
    fc.assert(
      fc.property(numbers(3, 3), numbers(3, 3), (a, b) => {
        const orders = [
          [0, 1, 2],
          [0, 2, 1],
          [1, 0, 2],
          [1, 2, 0],
          [2, 0, 1],
          [2, 1, 0],
        ];
        const costs = orders.map((order) => order.reduce((sum, j, i) => sum + (a[i] - b[j]) ** 2 / 3, 0));
        close(wassersteinDistance(a, b) ** 2, Math.min(...costs), 1e-7);
      }),
    );
  });

  test("refuses empty samples and orders below 1", () => {
    assert.throws(() => wassersteinDistance([], [1]), /not empty/);
    assert.throws(() => wassersteinDistance([1], [1], 0.5), /finite number ≥ 1/);
    assert.throws(() => wassersteinDistance([1], [1], NaN), RangeError);
  });
});

describe("slicedWasserstein", () => {
  const stream = (): RandomStream => new RandomStream(4, "directions");

  test("a shift by δ costs |δ|/√2 in the plane, exactly for any number of directions ≥ 2", () => {
    const a = normalSet(100, 2, "a");
    const b = featureSet(a.values.map((v, i) => v + (i % 2 === 0 ? 3 : 4)) as Float32Array);
    for (const projections of [2, 3, 128]) {
      close(slicedWasserstein(a, b, stream(), { projections }), 5 / Math.SQRT2, 1e-5);
    }
  });

  test("a shift by δ costs |δ|/√d in d dimensions, within the error of the directions", () => {
    const a = normalSet(50, 8, "a");
    const b = featureSet(
      Float64Array.from(a.values, (v, i) => v + (i % 8 === 0 ? 2 : 0)),
      8,
    );
    // Var[d·θ₁²] = 2(d − 1)/(d + 2)
    const relative = 4 * Math.sqrt((2 * 7) / 10 / 2000);
    close(slicedWasserstein(a, b, stream(), { projections: 2000 }) ** 2, 0.5, 0.5 * relative);
  });

  test("isotropic Gaussians of widths 1 and 2 are 1 apart", () => {
    close(slicedWasserstein(normalSet(20_000, 2, "a"), normalSet(15_000, 2, "b", 2), stream()), 1, 0.04);
  });

  test("in one dimension it is the Wasserstein distance", () => {
    const a = normalSet(31, 1, "a");
    const b = normalSet(17, 1, "b", 3, 1);
    close(slicedWasserstein(a, b, stream(), { projections: 5 }), wassersteinDistance(a.values, b.values), 1e-12);
  });

  test("the same stream gives the same figure; a set is 0 from itself", () => {
    const a = normalSet(20, 5, "a");
    const b = normalSet(20, 5, "b");
    assert.equal(slicedWasserstein(a, b, stream()), slicedWasserstein(a, b, stream()));
    assert.equal(slicedWasserstein(a, a, stream()), 0);
  });

  test("refuses bad options", () => {
    const a = normalSet(5, 2, "a");
    assert.throws(() => slicedWasserstein(a, a, stream(), { projections: 0 }), /projections must be/);
    assert.throws(() => slicedWasserstein(a, a, stream(), { order: 0 }), RangeError);
    assert.throws(() => slicedWasserstein(a, normalSet(5, 3, "b"), stream()), /dimension/);
    assert.throws(() => slicedWasserstein(a, featureSet(new Float32Array(0), 2), stream()), /at least 1/);
  });
});

describe("realVersusReal", () => {
  test("measures disjoint random parts of the size asked", () => {
    const real = featureSet(
      Float64Array.from({ length: 40 }, (_, i) => i),
      1,
    );
    const sizes: number[] = [];
    const floor = realVersusReal(
      real,
      (a, b) => {
        sizes.push(a.count, b.count);
        assert.equal(new Set([...a.values, ...b.values]).size, a.count + b.count);
        return sizes.length;
      },
      new RandomStream(1),
      { size: 15, repeats: 3 },
    );
    assert.deepEqual(sizes, [15, 15, 15, 15, 15, 15]);
    assert.deepEqual([...floor.values], [2, 4, 6]);
    assert.deepEqual([floor.mean, floor.std, floor.size], [4, 2, 15]);
  });

  test("the Fréchet floor falls like 1/N", () => {
    const real = normalSet(4000, 4, "real");
    const at = (size: number): number =>
      realVersusReal(real, frechetFeatureDistance, new RandomStream(1), { size, repeats: 20 }).mean;
    const ratio = at(100) / at(1000);
    assert.ok(ratio > 6 && ratio < 16, `${ratio}`);
  });

  test("refuses too few examples", () => {
    const real = normalSet(10, 2, "real");
    const zero = (): number => 0;
    assert.throws(() => realVersusReal(real, zero, new RandomStream(1), { size: 6 }), /half of the 10 real examples/);
    assert.throws(() => realVersusReal(normalSet(3, 2, "r"), zero, new RandomStream(1)), RangeError);
    assert.throws(() => realVersusReal(real, zero, new RandomStream(1), { repeats: 0 }), /repeats must be/);
  });
});

test("rows that are not there, and values that are not finite, are refused", () => {
  const three = featureSet(Float32Array.of(1, 2, 3), 1);
  for (const row of [3, -1, NaN, 0.5])
    assert.throws(() => selectFeatures(three, [0, row]), new RegExp(`row ${row} is none of the features' 0 … 2`));
  assert.throws(() => wassersteinDistance([1, NaN], [1, 2]), /holds NaN at place 1/);
  assert.throws(() => wassersteinDistance([1, 2], [Infinity]), /holds Infinity at place 0/);
});
