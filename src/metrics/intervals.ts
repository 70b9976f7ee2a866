/** How sure a figure is: intervals of shares and of any statistic. */
import { requireStream } from "../random/stream.js";
import { requireKnownKeys } from "../base/check.js";
import { requireWhole, requireFunction, requireNumbers } from "../base/values.js";
import type { RandomStream } from "../random/index.js";

/** From `low` to `high`. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Φ⁻¹(0.975): an interval of 95 %. */
const Z = 1.959963984540054;

/**
 * Wilson's 95 % interval of a share, also right for 0 of n and for few trials:
 *
 *   (p̂ + z²/2n ± z·√(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n)
 *
 * @throws RangeError unless 0 ≤ successes ≤ trials are whole numbers and there is a trial
 * @see Wilson, "Probable inference, the law of succession, and statistical inference", 1927
 */
export function wilsonInterval(successes: number, trials: number): Interval {
  requireWhole("trials", trials);
  if (!Number.isSafeInteger(successes) || successes < 0 || successes > trials) {
    throw new RangeError(`successes must be a whole number from 0 to the ${trials} trials, got ${successes}`);
  }
  const share = successes / trials;
  const square = (Z * Z) / trials;
  const centre = (share + square / 2) / (1 + square);
  const half = (Z * Math.sqrt((share * (1 - share)) / trials + square / (4 * trials))) / (1 + square);
  // At both ends the formula gives 0 and 1 but for rounding.
  return { low: successes === 0 ? 0 : centre - half, high: successes === trials ? 1 : centre + half };
}

export interface BootstrapOptions {
  /** How often the values are drawn anew. Default 2000. */
  repeats?: number;
}

/**
 * The 95 % bootstrap interval of a statistic: between its 2.5 % and 97.5 % quantiles over samples drawn from the values
 * with replacement. With fewer than ten values it is too narrow.
 *
 * @param statistic what is asked of the values, for instance their median
 * @param stream draws the samples
 * @throws RangeError when there are no values or one is NaN
 * @see Efron and Tibshirani, "An introduction to the bootstrap", 1993, section 13.3
 */
export function bootstrapInterval(
  values: ArrayLike<number>,
  statistic: (values: Float64Array) => number,
  stream: RandomStream,
  options: BootstrapOptions = {},
): Interval {
  requireNumbers("values", values);
  requireFunction("statistic", statistic, "(values) => values.reduce((a, b) => a + b) / values.length");
  requireStream(stream);
  requireKnownKeys("bootstrapInterval", options, { repeats: true });
  const { repeats = 2000 } = options;
  requireWhole("repeats", repeats);
  const given = Float64Array.from(values);
  if (given.length === 0) throw new RangeError("an interval of no values is not defined");
  if (given.some(Number.isNaN)) throw new RangeError("a value is NaN: leave it out, or count it as a failure");
  const drawn = new Float64Array(given.length);
  const results = Float64Array.from({ length: repeats }, () => {
    for (let i = 0; i < drawn.length; i++) drawn[i] = given[stream.integer(0, given.length)];
    return statistic(drawn);
  }).sort();
  const at = (q: number): number => results[Math.min(repeats - 1, Math.floor(q * repeats))];
  return { low: at(0.025), high: at(0.975) };
}
