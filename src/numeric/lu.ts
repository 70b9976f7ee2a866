/** Small square matrices as products of simple ones: P·L·U, and orthonormal rows. Row by row, in float64. */

/** A = P·L·U. */
export interface LuFactors {
  /** P, n×n: one 1 in each row and column. */
  readonly permutation: Float64Array;
  /** L, n×n: 1 on the diagonal, 0 above it. */
  readonly lower: Float64Array;
  /** U, n×n: 0 below the diagonal. */
  readonly upper: Float64Array;
}

/**
 * A = P·L·U by Gaussian elimination with row pivoting.
 *
 * @param matrix A, n·n entries, row by row; left as it is
 * @throws RangeError when A is singular
 * @see Golub and Van Loan, "Matrix Computations", 4th edition, section 3.4
 */
export function luFactors(matrix: Float64Array, n: number): LuFactors {
  const upper = Float64Array.from(matrix);
  const lower = new Float64Array(n * n);
  const order = Array.from({ length: n }, (_, i) => i);
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let i = column + 1; i < n; i++) {
      if (Math.abs(upper[i * n + column]) > Math.abs(upper[pivot * n + column])) pivot = i;
    }
    if (upper[pivot * n + column] === 0) throw new RangeError("a singular matrix has no factors P·L·U with det U ≠ 0");
    for (const rows of [upper, lower]) swapRows(rows, n, column, pivot);
    [order[column], order[pivot]] = [order[pivot], order[column]];
    lower[column * n + column] = 1;
    for (let i = column + 1; i < n; i++) {
      const factor = upper[i * n + column] / upper[column * n + column];
      lower[i * n + column] = factor;
      for (let k = column; k < n; k++) upper[i * n + k] -= factor * upper[column * n + k];
      upper[i * n + column] = 0;
    }
  }
  // Row i of L·U is row order[i] of A.
  const permutation = new Float64Array(n * n);
  order.forEach((row, i) => (permutation[row * n + i] = 1));
  return { permutation, lower, upper };
}

function swapRows(matrix: Float64Array, n: number, i: number, j: number): void {
  if (i === j) return;
  const row = matrix.slice(i * n, (i + 1) * n);
  matrix.copyWithin(i * n, j * n, (j + 1) * n);
  matrix.set(row, j * n);
}

/**
 * Orthonormal rows that span what those of A do, by Gram and Schmidt's way. Of a matrix of normal draws it is a rotation
 * (or a rotation and a mirror), each as likely as any other.
 *
 * @param matrix A, n·n entries, row by row; left as it is
 * @throws RangeError when A is singular
 */
export function orthonormalRows(matrix: ArrayLike<number>, n: number): Float64Array {
  const rows = Float64Array.from(matrix);
  for (let i = 0; i < n; i++) {
    const row = rows.subarray(i * n, (i + 1) * n);
    // Twice: what rounding leaves of the earlier rows goes in the second pass.
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        const other = rows.subarray(j * n, (j + 1) * n);
        const along = row.reduce((sum, value, k) => sum + value * other[k], 0);
        for (let k = 0; k < n; k++) row[k] -= along * other[k];
      }
    }
    const length = Math.hypot(...row);
    if (!(length > 0)) throw new RangeError("the rows of a singular matrix span no whole space");
    for (let k = 0; k < n; k++) row[k] /= length;
  }
  return rows;
}
