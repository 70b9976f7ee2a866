/** n points in the plane, one by one. */

/**
 * n points as an n×2 array, from a function that draws one.
 *
 * @throws RangeError when n is no whole number from 0 to 2^30
 */
export function drawPoints(n: number, draw: () => readonly [number, number]): Float32Array {
  if (!Number.isSafeInteger(n) || n < 0 || n > 2 ** 30) {
    throw new RangeError(`the number of points n must be a whole number from 0 to 2^30, got ${n}`);
  }
  const points = new Float32Array(2 * n);
  for (let i = 0; i < n; i++) {
    const [x, y] = draw();
    points[2 * i] = x;
    points[2 * i + 1] = y;
  }
  return points;
}
