/** P·L·U is the matrix again, and orthonormal rows are orthonormal and span the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { logMeanExp } from "../../../src/index.js";
import { luFactors, orthonormalRows } from "../../../src/numeric/lu.js";

function product(a: ArrayLike<number>, b: ArrayLike<number>, n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j];
    return sum;
  });
}

const matrices = fc
  .integer({ min: 1, max: 6 })
  .chain((n) =>
    fc
      .array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: n * n, maxLength: n * n })
      .map((values) => ({ n, a: Float64Array.from(values, (v, i) => v + (i % (n + 1) === 0 ? 5 : 0)) })),
  );

test("P·L·U is the matrix; P permutes, L is unit lower triangular with entries ≤ 1, U is upper triangular", () => {
  fc.assert(
    fc.property(matrices, ({ n, a }) => {
      const { permutation, lower, upper } = luFactors(a, n);
      product(product(permutation, lower, n), upper, n).forEach((v, i) => assert.ok(Math.abs(v - a[i]) < 1e-12));
      for (let i = 0; i < n; i++) {
        assert.deepEqual([...permutation.slice(i * n, (i + 1) * n)].filter(Boolean), [1]);
        assert.equal(lower[i * n + i], 1);
        for (let j = 0; j < n; j++) {
          if (j > i) assert.equal(lower[i * n + j], 0);
          if (j < i) assert.equal(upper[i * n + j], 0);
          assert.ok(Math.abs(lower[i * n + j]) <= 1);
        }
      }
    }),
  );
});

test("a row that must be exchanged is exchanged, and a singular matrix is refused", () => {
  const { permutation, upper } = luFactors(Float64Array.of(0, 1, 2, 3), 2);
  assert.deepEqual([...permutation], [0, 1, 1, 0]);
  assert.deepEqual([...upper], [2, 3, 0, 1]);
  assert.throws(() => luFactors(Float64Array.of(1, 2, 2, 4), 2), /singular/);
  assert.throws(() => orthonormalRows([0, 0, 1, 2], 2), /singular/);
});

test("Q·Qᵀ = 1, and the first rows of Q span the first rows of the matrix", () => {
  fc.assert(
    fc.property(matrices, ({ n, a }) => {
      const q = orthonormalRows(a, n);
      const transposed = Float64Array.from(q, (_, at) => q[(at % n) * n + Math.floor(at / n)]);
      product(q, transposed, n).forEach((v, at) => assert.ok(Math.abs(v - (at % (n + 1) === 0 ? 1 : 0)) < 1e-12));
      // A = R·Q with R lower triangular
      const r = product(a, transposed, n);
      r.forEach((v, at) => at % n > Math.floor(at / n) && assert.ok(Math.abs(v) < 1e-12));
    }),
  );
});

test("ln of the mean of e^v does not overflow, and knows numbers that vanish", () => {
  assert.ok(Math.abs(logMeanExp([1000, 1000 + Math.log(3)]) - (1000 + Math.log(2))) < 1e-12);
  assert.ok(Math.abs(logMeanExp([-Infinity, 0]) + Math.log(2)) < 1e-15);
  assert.equal(logMeanExp([-Infinity, -Infinity]), -Infinity);
});
