/** Whether two quantities rise together. */
import { requireNumbers } from "../base/values.js";

/** @throws RangeError unless both have as many numbers, three or more, none of them NaN */
function requirePairs(a: ArrayLike<number>, b: ArrayLike<number>): void {
  requireNumbers("a", a);
  requireNumbers("b", b);
  if (a.length !== b.length) throw new RangeError(`${a.length} and ${b.length} numbers are no pairs`);
  if (a.length < 3) throw new RangeError(`a correlation needs at least 3 pairs, got ${a.length}`);
  for (let i = 0; i < a.length; i++) {
    if (Number.isNaN(a[i]) || Number.isNaN(b[i])) throw new RangeError(`pair ${i} is (${a[i]}, ${b[i]})`);
  }
}

/** The place of each value among all, 1 … n; equal values share the mean of their places. */
function ranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, i) => i).sort((i, j) => values[i] - values[j] || i - j);
  const places = new Float64Array(values.length);
  for (let first = 0; first < order.length;) {
    let last = first;
    while (last + 1 < order.length && values[order[last + 1]] === values[order[first]]) last++;
    for (let i = first; i <= last; i++) places[order[i]] = (first + last) / 2 + 1;
    first = last + 1;
  }
  return places;
}

/** Pearson's r of two lists of numbers; 0 where one of them does not change. */
function pearson(a: Float64Array, b: Float64Array): number {
  const n = a.length;
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / n;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [aa, bb, ab] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [da, db] = [a[i] - meanA, b[i] - meanB];
    aa += da * da;
    bb += db * db;
    ab += da * db;
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}

/**
 * Spearman's rank correlation, −1 … 1: Pearson's r of the ranks. 1 if one quantity rises whenever the other does, whatever
 * the curve; ±Infinity have the last ranks. 0 where one of them does not change.
 *
 * @throws RangeError unless both have as many numbers, three or more, none of them NaN
 * @see Spearman, "The proof and measurement of association between two things", 1904
 */
export function rankCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  requirePairs(a, b);
  return pearson(ranks(a), ranks(b));
}
