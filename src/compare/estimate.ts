/** A figure with the interval in which it lies: medians, ratios, differences and shares over runs. */
import { bootstrapInterval, wilsonInterval, type Interval } from "../metrics/index.js";
import { RandomStream } from "../random/index.js";

export interface Estimate {
  readonly value: number;
  /** 95 %; null of what was measured once. */
  readonly interval: Interval | null;
}

/** Draws of a bootstrap: the edges of an interval are then sure to a tenth of its width. */
const REPEATS = 1000;

/** The middle value, of an even number the mean of both. @throws RangeError when there is none */
export function median(values: ArrayLike<number>): number {
  if (values.length === 0) throw new RangeError("there is no median of no values");
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * Any statistic of runs, with the bootstrap interval over them.
 *
 * @param statistic of the runs drawn, each as often as it was drawn; a NaN of it counts as `undecided`
 */
export function estimateOver<T>(
  runs: readonly T[],
  statistic: (runs: readonly T[]) => number,
  { undecided = 0, repeats = REPEATS }: { readonly undecided?: number; readonly repeats?: number } = {},
): Estimate {
  const of = (drawn: readonly T[]): number => {
    const result = statistic(drawn);
    return Number.isNaN(result) ? undecided : result;
  };
  const indices = Float64Array.from(runs.keys());
  const stream = new RandomStream(0, "compare/intervals");
  const interval = bootstrapInterval(indices, (drawn) => of(Array.from(drawn, (i) => runs[i])), stream, {
    repeats,
  });
  return { value: of(runs), interval };
}

export function medianEstimate(values: readonly number[]): Estimate {
  return estimateOver(values, median, { undecided: Infinity });
}

/** Two values of one run: of the same seed by two methods. */
export type Pair = readonly [number, number];

/** median a / median b; 1 where neither ended. */
export function ratioEstimate(pairs: readonly Pair[]): Estimate {
  return estimateOver(pairs, (drawn) => median(drawn.map(([a]) => a)) / median(drawn.map(([, b]) => b)), {
    undecided: 1,
  });
}

/** median a − median b; 0 where neither ended. */
export function differenceEstimate(pairs: readonly Pair[]): Estimate {
  return estimateOver(pairs, (drawn) => median(drawn.map(([a]) => a)) - median(drawn.map(([, b]) => b)));
}

/** A share of runs, with Wilson's interval. */
export function shareEstimate(outcomes: readonly boolean[]): Estimate {
  const successes = outcomes.filter(Boolean).length;
  return { value: successes / outcomes.length, interval: wilsonInterval(successes, outcomes.length) };
}
