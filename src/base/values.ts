/** Checks of single numbers and choices that the theory is given. */
import { described } from "./check.js";

/** Throws a RangeError unless `value` is one of `allowed`. */
export function requireChoice<T>(name: string, value: T, allowed: readonly T[]): void {
  if (allowed.includes(value)) return;
  const given = typeof value === "string" ? value : shownNumber(value);
  throw new RangeError(`${name} must be one of ${allowed.map(String).join(", ")}, got ${given}`);
}

/** Throws a RangeError unless `value` is a whole number ≥ 1. */
export function requireWhole(name: string, value: number): void {
  require(name, value, "a whole number ≥ 1", Number.isInteger(value) && value >= 1);
}

/** Throws a RangeError unless `value` is a finite number. */
export function requireNumber(name: string, value: number): void {
  require(name, value, "a finite number", Number.isFinite(value));
}

/** Throws a RangeError unless `value` is a finite number > 0. */
export function requirePositive(name: string, value: number): void {
  require(name, value, "a finite number > 0", Number.isFinite(value) && value > 0);
}

/** Throws a RangeError unless `value` is a finite number ≥ 0. */
export function requireNotNegative(name: string, value: number): void {
  require(name, value, "a finite number ≥ 0", Number.isFinite(value) && value >= 0);
}

/** Throws a RangeError unless 0 ≤ `value` ≤ 1. */
export function requireShare(name: string, value: number): void {
  if (typeof value === "number" && value >= 0 && value <= 1) return;
  throw new RangeError(`${name} must lie in 0 … 1, got ${shownNumber(value)}`);
}

/** @throws TypeError unless `value` is a function, naming one that would do */
export function requireFunction(name: string, value: unknown, such: string): void {
  if (typeof value === "function") return;
  throw new TypeError(`${name} must be a function, such as ${such}, got ${described(value)}`);
}

/** @throws TypeError unless `value` is a list of numbers, or a typed array of them; what they may be is for the caller */
export function requireNumbers(name: string, value: unknown): asserts value is ArrayLike<number> {
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return;
  if (!Array.isArray(value)) throw new TypeError(`${name} must be a list of numbers, got ${described(value)}`);
  const at = value.findIndex((one) => typeof one !== "number");
  if (at >= 0) throw new TypeError(`${name} must be a list of numbers, but entry ${at} is ${described(value[at])}`);
}

function require(name: string, value: unknown, wanted: string, fits: boolean): void {
  if (!fits) throw new RangeError(`${name} must be ${wanted}, got ${shownNumber(value)}`);
}

/** What stands where a number should, as messages show it: NaN as it is written, a text in quotes. */
export function shownNumber(value: unknown): string {
  return typeof value === "number" ? String(value) : described(value);
}
