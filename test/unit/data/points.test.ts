/** Point sets in the plane have the means, variances and densities that they claim. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  checkerboard,
  checkerboardDensity,
  gridModes,
  gridOfGaussians,
  gridOfGaussiansDensity,
  moons,
  moonsDensity,
  ringModes,
  ringOfGaussians,
  ringOfGaussiansDensity,
  swissRoll,
  swissRollDensity,
} from "../../../src/data/index.js";
import { RandomStream } from "../../../src/random/index.js";

const N = 40_000;
const stream = (): RandomStream => new RandomStream(3, "points");

interface Summary {
  meanX: number;
  meanY: number;
  varianceX: number;
  varianceY: number;
  covariance: number;
}

function summary(points: Float32Array): Summary {
  const n = points.length / 2;
  const s = { meanX: 0, meanY: 0, varianceX: 0, varianceY: 0, covariance: 0 };
  for (let i = 0; i < n; i++) {
    s.meanX += points[2 * i] / n;
    s.meanY += points[2 * i + 1] / n;
  }
  for (let i = 0; i < n; i++) {
    const dx = points[2 * i] - s.meanX;
    const dy = points[2 * i + 1] - s.meanY;
    s.varianceX += (dx * dx) / n;
    s.varianceY += (dy * dy) / n;
    s.covariance += (dx * dy) / n;
  }
  return s;
}

const SETS = [
  { name: "moons", sample: moons, density: moonsDensity, noise: 0.05 },
  { name: "swissRoll", sample: swissRoll, density: swissRollDensity, noise: 0.05 },
  { name: "ringOfGaussians", sample: ringOfGaussians, density: ringOfGaussiansDensity, noise: 0 },
  { name: "gridOfGaussians", sample: gridOfGaussians, density: gridOfGaussiansDensity, noise: 0 },
  { name: "checkerboard", sample: checkerboard, density: checkerboardDensity, noise: 0 },
];

for (const { name, sample, density, noise } of SETS) {
  describe(name, () => {
    const points = sample(N, stream());

    test("is centred, with mean variance 1 + noise²", () => {
      assert.equal(points.length, 2 * N);
      const s = summary(points);
      const tolerance = 4 * Math.sqrt(1.5 / N);
      assert.ok(Math.abs(s.meanX) < tolerance && Math.abs(s.meanY) < tolerance, JSON.stringify(s));
      const variance = (s.varianceX + s.varianceY) / 2;
      assert.ok(Math.abs(variance - 1 - noise ** 2) < 4 * Math.sqrt(1 / N), JSON.stringify(s));
    });

    test("its density integrates to 1 and agrees with the share of points in each cell of a grid", () => {
      const cells = 12;
      // Narrow modes need a finer sum.
      const fine = name === "gridOfGaussians" ? 24 : 8;
      const low = -3;
      const side = 6 / cells;
      let total = 0;
      let statistic = 0;
      let degrees = 0;
      const counts = new Float64Array(cells * cells);
      for (let i = 0; i < N; i++) {
        const column = Math.floor((points[2 * i] - low) / side);
        const row = Math.floor((points[2 * i + 1] - low) / side);
        counts[row * cells + column] += 1;
      }
      for (let row = 0; row < cells; row++) {
        for (let column = 0; column < cells; column++) {
          let mass = 0;
          for (let j = 0; j < fine; j++) {
            for (let i = 0; i < fine; i++) {
              const x = low + side * (column + (i + 0.5) / fine);
              const y = low + side * (row + (j + 0.5) / fine);
              mass += density(x, y) * (side / fine) ** 2;
            }
          }
          total += mass;
          const count = counts[row * cells + column];
          if (mass * N > 20) {
            statistic += (count - mass * N) ** 2 / (mass * N);
            degrees += 1;
          } else {
            assert.ok(count < 60, `cell ${row}, ${column}: ${count} points, ${mass * N} expected`);
          }
        }
      }
      // The board's edges cut cells and sub-cells, so its sums are coarse.
      assert.ok(Math.abs(total - 1) < (name === "checkerboard" ? 0.05 : 1e-3), `${total}`);
      if (name !== "checkerboard")
        assert.ok(statistic < degrees + 6 * Math.sqrt(2 * degrees), `χ² ${statistic} of ${degrees}`);
    });

    test("depends on the stream alone", () => {
      assert.deepEqual(sample(5, stream()), points.subarray(0, 10));
      assert.equal(sample(0, stream()).length, 0);
    });

    test("refuses a bad number of points", () => {
      for (const n of [-1, 0.5, NaN, Infinity]) assert.throws(() => sample(n, stream()), /number of points n/);
    });
  });
}

describe("shapes", () => {
  test("moons without noise lie on the two half circles, in the range documented", () => {
    const points = moons(2000, stream(), { noise: 0 });
    const scale = Math.sqrt((0.75 + 9 / 16 - 1 / Math.PI) / 2);
    for (let i = 0; i < 2000; i++) {
      const x = scale * points[2 * i] + 0.5;
      const y = scale * points[2 * i + 1] + 0.25;
      const upper = Math.hypot(x, y);
      const lower = Math.hypot(x - 1, y - 0.5);
      assert.ok((Math.abs(upper - 1) < 1e-6 && y > -1e-6) || (Math.abs(lower - 1) < 1e-6 && y < 0.5 + 1e-6));
      assert.ok(Math.abs(points[2 * i]) < 2.13 && Math.abs(points[2 * i + 1]) < 1.07);
    }
  });

  test("the swiss roll's radius grows with its angle, in the range documented", () => {
    const points = swissRoll(5000, stream(), { noise: 0 });
    const scale = Math.sqrt((9.75 * Math.PI ** 2 - 4 - (2 / (3 * Math.PI)) ** 2) / 2);
    for (let i = 0; i < 5000; i++) {
      const [px, py] = [points[2 * i], points[2 * i + 1]];
      const x = scale * px + 2;
      const y = scale * py + 2 / (3 * Math.PI);
      const t = Math.hypot(x, y);
      assert.ok(Math.abs(Math.cos(t) - x / t) < 1e-5 && Math.abs(Math.sin(t) - y / t) < 1e-5);
      assert.ok(t > 1.5 * Math.PI - 1e-5 && t < 4.5 * Math.PI + 1e-5);
      assert.ok(px > -1.7 && px < 1.58 && py > -1.67 && py < 2.06, `${px}, ${py}`);
    }
  });

  test("the ring's modes stand on a circle, its covariance is the identity", () => {
    const { means, std } = ringModes({ modes: 5, std: 0.2 });
    assert.equal(std, 0.2);
    for (let k = 0; k < 5; k++) {
      assert.ok(Math.abs(Math.hypot(means[2 * k], means[2 * k + 1]) - Math.sqrt(2 * 0.96)) < 1e-6);
    }
    const s = summary(ringOfGaussians(N, stream(), { modes: 5, std: 0.2 }));
    const tolerance = 4 * Math.sqrt(1 / N);
    assert.ok(Math.abs(s.varianceX - 1) < tolerance && Math.abs(s.varianceY - 1) < tolerance);
    assert.ok(Math.abs(s.covariance) < tolerance);
  });

  test("the ring's density at a lone mode is 1/(K·2π·std²)", () => {
    const { means } = ringModes({ modes: 4, std: 0.05 });
    const expected = 1 / (4 * 2 * Math.PI * 0.0025);
    const at = ringOfGaussiansDensity(means[2], means[3], { modes: 4, std: 0.05 });
    assert.ok(Math.abs(at / expected - 1) < 1e-9);
  });

  test("the checkerboard fills its dark fields alone, evenly", () => {
    const points = checkerboard(N, stream(), { fields: 6 });
    const counts = new Map<number, number>();
    const side = (2 * Math.sqrt(3)) / 6;
    for (let i = 0; i < N; i++) {
      const [x, y] = [points[2 * i], points[2 * i + 1]];
      assert.ok(Math.abs(x) <= Math.fround(Math.sqrt(3)) && Math.abs(y) <= Math.fround(Math.sqrt(3)));
      const field = Math.floor(x / side + 3) + 6 * Math.floor(y / side + 3);
      counts.set(field, (counts.get(field) ?? 0) + 1);
    }
    const crowded = [...counts].filter(([, count]) => count > 5);
    assert.equal(crowded.length, 18);
    for (const [field, count] of crowded) {
      assert.equal(((field % 6) + Math.floor(field / 6)) % 2, 0);
      assert.ok(Math.abs(count - N / 18) < 5 * Math.sqrt(N / 18));
    }
  });

  test("the checkerboard's density is 1/6 on dark fields, 0 on light ones and outside", () => {
    const a = Math.sqrt(3);
    assert.ok(Math.abs(checkerboardDensity(-a + 0.1, -a + 0.1) - 1 / 6) < 1e-15);
    assert.equal(checkerboardDensity(-a + 0.1, -0.1), 0);
    assert.equal(checkerboardDensity(1.8, 0.1), 0);
    assert.equal(checkerboardDensity(0, -4), 0);
  });

  test("options out of range are refused", () => {
    assert.throws(() => moons(1, stream(), { noise: -1 }), /noise must be a number from 0/);
    assert.throws(() => swissRoll(1, stream(), { noise: NaN }), RangeError);
    assert.throws(() => moonsDensity(0, 0, { noise: 0 }), RangeError);
    assert.throws(() => ringOfGaussians(1, stream(), { modes: 2 }), /modes must be a whole number from 3/);
    assert.throws(() => ringOfGaussians(1, stream(), { std: 1 }), /std must be between/);
    assert.throws(() => checkerboard(1, stream(), { fields: 3 }), /even whole number/);
    assert.throws(() => checkerboardDensity(0, 0, { fields: 0 }), RangeError);
  });
});

test("a rare mode gets its share, and the density knows it", () => {
  const { means, std, weights } = ringModes({ rare: 0.01 });
  assert.deepEqual(
    weights?.map((weight) => Number(weight.toFixed(6))),
    [0.01, ...new Array<number>(7).fill(0.141429)],
  );
  const points = ringOfGaussians(N, stream(), { rare: 0.01 });
  let rare = 0;
  for (let i = 0; i < N; i++) if (Math.hypot(points[2 * i] - means[0], points[2 * i + 1]) < 5 * std) rare++;
  assert.ok(Math.abs(rare / N - 0.01) < 4 * Math.sqrt(0.0099 / N), `${rare}`);
  const peaks = [0, 1].map((k) => ringOfGaussiansDensity(means[2 * k], means[2 * k + 1], { rare: 0.01 }));
  assert.ok(Math.abs(peaks[1] / peaks[0] - 0.99 / 7 / 0.01) < 1e-4);
  assert.throws(() => ringModes({ rare: 1 }), /rare, the share of the first mode, must be between 0 and 1, got 1/);
  assert.throws(() => gridModes({ side: 1 }), /side must be a whole number from 2 to 30, got 1/);
});
