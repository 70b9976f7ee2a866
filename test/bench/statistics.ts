/** Median, mean and deviation. */
/** @throws RangeError for no values */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("the median of no values is not defined");
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Mean and standard deviation (divided by n − 1; 0 for a single value).
 *
 * @throws RangeError for no values
 */
export function meanAndSpread(values: readonly number[]): { mean: number; deviation: number } {
  if (values.length === 0) throw new RangeError("the mean of no values is not defined");
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length === 1 ? 0 : Math.sqrt(squares / (values.length - 1)) };
}
