/** The mean of numbers that are known by their logarithms. */
import { requireNumbers } from "../base/values.js";

/** ln (1/n)·Σ e^{v_i}, without overflow; −Infinity of numbers that are all e^{−∞}. */
export function logMeanExp(values: ArrayLike<number>): number {
  requireNumbers("values", values);
  let largest = -Infinity;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, values[i]);
  if (largest === -Infinity) return -Infinity;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i] - largest);
  return largest + Math.log(sum / values.length);
}
