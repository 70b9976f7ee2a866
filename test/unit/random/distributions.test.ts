/** Normals, uniforms, integers and permutations have the distributions they are named for. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { RandomStream } from "../../../src/random/index.js";
import { boxMuller, logOfWord } from "../../../src/random/normal.js";
import { correlation, kolmogorov, moments, normalCdf } from "./statistics.js";

const anySeed = fc.maxSafeNat();

describe("normals", () => {
  test("the logarithm is right to 2 ulp", () => {
    const word = fc.oneof(
      fc.integer({ min: 0, max: 0xffffffff }),
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 0xffffff00, max: 0xffffffff }),
    );
    fc.assert(
      fc.property(word, (w) => {
        const expected = Math.log((w + 0.5) / 2 ** 32);
        assert.ok(Math.abs(logOfWord(w) / expected - 1) < 5e-16, `${w}: ${logOfWord(w)} against ${expected}`);
      }),
      { numRuns: 5000 },
    );
  });

  test("the pair is Box and Muller's", () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    const pair = new Float64Array(2);
    fc.assert(
      fc.property(word, word, (w1, w2) => {
        boxMuller(pair, w1, w2);
        const radius = Math.sqrt(-2 * Math.log((w1 + 0.5) / 2 ** 32));
        const angle = (2 * Math.PI * w2) / 2 ** 32;
        assert.ok(Math.abs(pair[0] - radius * Math.cos(angle)) < 5e-15);
        assert.ok(Math.abs(pair[1] - radius * Math.sin(angle)) < 5e-15);
      }),
      {
        numRuns: 5000,
        examples: [
          [0, 0],
          [0xffffffff, 0x20000000],
          [1, 0x60000000],
          [2, 0xa0000000],
          [3, 0xe0000000],
        ],
      },
    );
  });

  test("have the moments and the distribution of N(0, 1)", () => {
    const n = 200000;
    const { mean, variance, skew, kurtosis } = moments(new RandomStream(11, "moments").normals(n));
    // 4 standard errors: √(1/n), √(2/n), √(6/n), √(24/n)
    assert.ok(Math.abs(mean) < 4 * Math.sqrt(1 / n));
    assert.ok(Math.abs(variance - 1) < 4 * Math.sqrt(2 / n));
    assert.ok(Math.abs(skew) < 4 * Math.sqrt(6 / n));
    assert.ok(Math.abs(kurtosis - 3) < 4 * Math.sqrt(24 / n));
    assert.ok(kolmogorov(new RandomStream(11, "ks").normals(50000), normalCdf) < 1.95);
  });

  test("neighbours are uncorrelated, in value and in square", () => {
    const n = 100000;
    const values = new RandomStream(5, "serial").normals(n + 8);
    for (const lag of [1, 2, 3, 4, 8]) {
      const here = values.slice(0, n);
      const there = values.slice(lag, n + lag);
      assert.ok(Math.abs(correlation(here, there)) < 4.4 / Math.sqrt(n), `lag ${lag}`);
      assert.ok(
        Math.abs(
          correlation(
            here.map((v) => v * v),
            there.map((v) => v * v),
          ),
        ) <
          4.4 / Math.sqrt(n),
      );
    }
  });
});

describe("uniforms, integers, permutations", () => {
  test("uniforms fill [0, 1) evenly", () => {
    const values = new RandomStream(2, "u").uniforms(100000);
    assert.ok(values.every((u) => u >= 0 && u < 1));
    assert.ok(kolmogorov(values, (u) => u) < 1.95);
    const { mean, variance } = moments(values);
    assert.ok(Math.abs(mean - 0.5) < 4 * Math.sqrt(1 / 12 / 100000));
    assert.ok(Math.abs(variance - 1 / 12) < 4 * Math.sqrt(1 / 180 / 100000));
  });

  test("integers are equally likely: χ² over 10 values", () => {
    const n = 100000;
    const counts = new Float64Array(10);
    for (const k of new RandomStream(4, "i").integers(n, -3, 7)) counts[k + 3] += 1;
    const chi2 = counts.reduce((sum, c) => sum + (c - n / 10) ** 2 / (n / 10), 0);
    // the 0.1 % quantile of χ² with 9 degrees of freedom
    assert.ok(chi2 < 27.88, `${chi2}`);
  });

  test("words that would favour small integers are rejected", () => {
    // With span 3·2³⁰ a plain remainder would give the lowest third twice as often: 1/2 instead of 1/3.
    const stream = new RandomStream(9, "reject");
    const n = 30000;
    let low = 0;
    for (let i = 0; i < n; i++) if (stream.integer(0, 3 * 2 ** 30) < 2 ** 30) low += 1;
    assert.ok(Math.abs(low / n - 1 / 3) < 4.4 * Math.sqrt(2 / 9 / n));
  });

  test("integers stay in their range", () => {
    fc.assert(
      fc.property(anySeed, fc.integer(), fc.integer({ min: 1, max: 2 ** 32 }), (seed, low, span) => {
        const k = new RandomStream(seed).integer(low, low + span);
        assert.ok(Number.isInteger(k) && k >= low && k < low + span);
      }),
    );
  });

  test("a permutation holds each number once", () => {
    fc.assert(
      fc.property(anySeed, fc.integer({ min: 0, max: 300 }), (seed, n) => {
        const sorted = new RandomStream(seed, "p").permutation(n).sort();
        assert.deepEqual(
          [...sorted],
          Array.from({ length: n }, (_, i) => i),
        );
      }),
    );
  });

  test("the 24 orders of four are equally likely", () => {
    const stream = new RandomStream(6, "orders");
    const n = 48000;
    const counts = new Map<string, number>();
    for (let i = 0; i < n; i++) {
      const order = stream.permutation(4).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    assert.equal(counts.size, 24);
    let chi2 = 0;
    for (const count of counts.values()) chi2 += (count - n / 24) ** 2 / (n / 24);
    // the 0.1 % quantile of χ² with 23 degrees of freedom
    assert.ok(chi2 < 49.73, `${chi2}`);
  });
});
