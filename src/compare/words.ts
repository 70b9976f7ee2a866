/** Figures as the tables of the comparison write them. */
import type { Estimate } from "./estimate.js";

/** Three digits: `0.0123`, `1.23`, `12 300`; `∞` for what never ends. */
export function shortNumber(value: number): string {
  if (Number.isNaN(value)) return "–";
  const sign = value < 0 ? "−" : "";
  const size = Math.abs(value);
  if (size === Infinity) return `${sign}∞`;
  if (size > 0 && size < 1e-3) return `${sign}${size.toExponential(1)}`;
  return sign + Number(size.toPrecision(3)).toLocaleString("en").replaceAll(",", " ");
}

/** `1.3 (1.2 to 1.5)`; without an interval the figure alone. */
export function estimateWords({ value, interval }: Estimate): string {
  return shortNumber(value) + (interval ? ` (${shortNumber(interval.low)} to ${shortNumber(interval.high)})` : "");
}
