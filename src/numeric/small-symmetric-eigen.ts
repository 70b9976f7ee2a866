/** Eigenvalues and eigenvectors (columns of `vectors`, row-major d × d) of a symmetric matrix. */
export interface SymmetricEigen {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

/**
 * Cyclic Jacobi rotations until the off-diagonal part vanishes: exact to rounding, meant for d up to a few dozen.
 *
 * @throws RangeError when the matrix is not square or not symmetric
 */
export function symmetricEigen(matrix: readonly (readonly number[])[]): SymmetricEigen {
  const d = matrix.length;
  const a = matrix.map((row, i) => {
    if (row.length !== d)
      throw new RangeError(`a covariance must be square, but row ${i} of ${d} has ${row.length} entries`);
    return [...row];
  });
  const scale = a.reduce((most, row) => row.reduce((high, entry) => Math.max(high, Math.abs(entry)), most), 0);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < i; j++) {
      if (!(Math.abs(a[i][j] - a[j][i]) <= 1e-9 * scale))
        throw new RangeError(`a covariance must be symmetric: [${i}][${j}] ≠ [${j}][${i}]`);
    }
  }
  const v = a.map((_, i) => Array.from({ length: d }, (_unused, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    for (let p = 0; p < d; p++) for (let q = p + 1; q < d; q++) off += a[p][q] ** 2;
    if (off <= 1e-30 * scale ** 2) break;
    for (let p = 0; p < d; p++) for (let q = p + 1; q < d; q++) rotate(a, v, p, q);
  }
  return { values: Float64Array.from(a, (row, i) => row[i]), vectors: Float64Array.from(v.flat()) };
}

function rotate(a: number[][], v: number[][], p: number, q: number): void {
  if (a[p][q] === 0) return;
  const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
  // tan φ of the angle that makes a[p][q] vanish, the smaller root
  const tangent = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const cosine = 1 / Math.hypot(tangent, 1);
  const sine = tangent * cosine;
  for (let k = 0; k < a.length; k++) {
    [a[k][p], a[k][q]] = [cosine * a[k][p] - sine * a[k][q], sine * a[k][p] + cosine * a[k][q]];
  }
  for (let k = 0; k < a.length; k++) {
    [a[p][k], a[q][k]] = [cosine * a[p][k] - sine * a[q][k], sine * a[p][k] + cosine * a[q][k]];
    [v[k][p], v[k][q]] = [cosine * v[k][p] - sine * v[k][q], sine * v[k][p] + cosine * v[k][q]];
  }
}
