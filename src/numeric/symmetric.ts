/** Eigenvalues and square roots of symmetric matrices. */
import { requireNumbers } from "../base/values.js";

/** The eigenvalues of a symmetric matrix, ascending, and its orthonormal eigenvectors. */
export interface SymmetricEigen {
  readonly values: Float64Array;
  /** n×n, row by row: row k is the eigenvector of `values[k]`. */
  readonly vectors: Float64Array;
}

const MOST_SWEEPS = 60;

/** @throws RangeError unless the matrix is n×n, finite and symmetric */
export function requireSymmetric(matrix: Float64Array, n: number): void {
  requireNumbers("matrix", matrix);
  if (!Number.isSafeInteger(n) || n < 1 || matrix.length !== n * n) {
    throw new RangeError(`a matrix of order ${n} has ${n * n} entries, got ${matrix.length}`);
  }
  let largest = 0;
  for (const entry of matrix) {
    if (!Number.isFinite(entry)) throw new RangeError(`the matrix holds ${entry}: eigenvalues need finite entries`);
    largest = Math.max(largest, Math.abs(entry));
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      if (Math.abs(matrix[i * n + j] - matrix[j * n + i]) > 1e-9 * largest) {
        throw new RangeError(`the matrix is not symmetric: entries (${i}, ${j}) and (${j}, ${i}) differ`);
      }
    }
  }
}

/** Replaces rows p and q of an n×n array by their rotation: (p, q) ← (c·p − s·q, s·p + c·q). */
function rotateRows(a: Float64Array, n: number, p: number, q: number, c: number, s: number): void {
  for (let k = 0, i = p * n, j = q * n; k < n; k++, i++, j++) {
    const x = a[i];
    const y = a[j];
    a[i] = c * x - s * y;
    a[j] = s * x + c * y;
  }
}

function rotateColumns(a: Float64Array, n: number, p: number, q: number, c: number, s: number): void {
  for (let k = 0, i = p, j = q; k < n; k++, i += n, j += n) {
    const x = a[i];
    const y = a[j];
    a[i] = c * x - s * y;
    a[j] = s * x + c * y;
  }
}

/**
 * A = Vᵀ·diag(λ)·V for a symmetric n×n matrix, by cyclic Jacobi rotations in float64. Small eigenvalues are
 * as exact as large ones to about 1e-15·‖A‖. The time grows with n³: about 0.1 s at n = 128.
 *
 * @param matrix n·n entries, row by row; left as it is
 * @throws RangeError when the size is wrong, an entry is not finite, or the matrix is not symmetric (to 1e-9)
 * @see Golub and Van Loan, "Matrix Computations", 4th edition, section 8.5
 */
export function symmetricEigen(matrix: Float64Array, n: number): SymmetricEigen {
  requireSymmetric(matrix, n);
  const a = Float64Array.from(matrix);
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  let norm = 0;
  for (const entry of a) norm = Math.hypot(norm, entry);

  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off = Math.max(off, Math.abs(a[p * n + q]));
    if (off <= 1e-17 * norm) break;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) {
        const apq = a[p * n + q];
        if (Math.abs(apq) <= 1e-17 * norm) continue;
        // The rotation that makes a_pq zero: t = tan θ, t² + 2t·cot 2θ − 1 = 0, the root of least |θ|.
        const cot = (a[q * n + q] - a[p * n + p]) / (2 * apq);
        const t = (cot < 0 ? -1 : 1) / (Math.abs(cot) + Math.sqrt(cot * cot + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        rotateRows(a, n, p, q, c, s);
        rotateColumns(a, n, p, q, c, s);
        rotateRows(v, n, p, q, c, s);
        a[p * n + q] = 0;
        a[q * n + p] = 0;
      }
    }
  }

  const order = Array.from({ length: n }, (_, k) => k).sort((i, j) => a[i * n + i] - a[j * n + j]);
  const values = Float64Array.from(order, (k) => a[k * n + k]);
  const vectors = new Float64Array(n * n);
  order.forEach((k, row) => vectors.set(v.subarray(k * n, (k + 1) * n), row * n));
  return { values, vectors };
}

/**
 * The symmetric square root √A of a positive semi-definite matrix: √A·√A = A.
 *
 * Eigenvalues below 0 by rounding count as 0.
 *
 * @throws RangeError as {@link symmetricEigen}, or when an eigenvalue is clearly negative (below −1e-6 of
 *   the largest)
 */
export function symmetricSqrt(matrix: Float64Array, n: number): Float64Array {
  const { values, vectors } = symmetricEigen(matrix, n);
  const roots = positiveRoots(values, Math.max(-values[0], values[n - 1]));
  const root = new Float64Array(n * n);
  // √A = Σ_k √λ_k v_k v_kᵀ
  for (let k = 0; k < n; k++) {
    for (let i = 0; i < n; i++) {
      const scaled = roots[k] * vectors[k * n + i];
      for (let j = 0; j < n; j++) root[i * n + j] += scaled * vectors[k * n + j];
    }
  }
  return root;
}

/**
 * √λ for the eigenvalues of a positive semi-definite matrix; rounding is judged against `scale`.
 *
 * @throws RangeError if one is negative by more than 10⁻⁶·scale
 */
export function positiveRoots(values: Float64Array, scale: number): Float64Array {
  return values.map((value) => {
    if (value < -1e-6 * scale) {
      throw new RangeError(`a covariance has no negative eigenvalue, but this matrix has ${value} (beside ${scale})`);
    }
    return Math.sqrt(Math.max(value, 0));
  });
}
