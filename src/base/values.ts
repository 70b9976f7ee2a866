/** Checks of single numbers and choices that the theory is given. */
import { described } from "./kinds.js";
import { nearestName } from "./nearest.js";

/** Throws a RangeError unless `value` is one of `allowed`; of a misspelt text it names the nearest. */
export function requireChoice<T>(name: string, value: T, allowed: readonly T[]): void {
  if (allowed.includes(value)) return;
  const given = typeof value === "string" ? value : shownNumber(value);
  const near = typeof value === "string" ? nearestName(value, allowed.map(String)) : undefined;
  const meant = near === undefined ? "" : `: did you mean "${near}"?`;
  throw new RangeError(`${name} must be one of ${allowed.map(String).join(", ")}, got ${given}${meant}`);
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

/** @throws TypeError unless `value` is a text, saying what it would be, such as "a folder's name" */
export function requireText(name: string, value: unknown, what = "a text"): asserts value is string {
  if (typeof value !== "string") throw new TypeError(`${name} must be ${what}, got ${described(value)}`);
}

/** @throws TypeError unless `value` is an array of what `of` names, none of them null or undefined */
export function requireList(name: string, value: unknown, of: string): asserts value is readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`${name} must be a list of ${of}, got ${described(value)}`);
  const at = value.findIndex((one) => one === null || one === undefined);
  if (at >= 0) throw new TypeError(`${name} must be a list of ${of}, but entry ${at} is ${String(value[at])}`);
}

/** @throws TypeError unless `value` is an array of texts */
export function requireTexts(name: string, value: unknown): asserts value is readonly string[] {
  requireList(name, value, "texts");
  const at = value.findIndex((one) => typeof one !== "string");
  if (at >= 0) throw new TypeError(`${name} must be a list of texts, but entry ${at} is ${described(value[at])}`);
}

/** @throws TypeError unless `value` is a Uint8Array, as files are read into */
export function requireBytes(name: string, value: unknown): asserts value is Uint8Array {
  // Bytes of another realm are bytes, too.
  if (ArrayBuffer.isView(value) && (value as Uint8Array)[Symbol.toStringTag] === "Uint8Array") return;
  throw new TypeError(`${name} must be bytes in a Uint8Array, as readFileSync gives them, got ${described(value)}`);
}

/**
 * Refuses what is not the kind of object that is needed, by what that has: `requireLike("vae", vae, ["encode", "decode"],
 * "new ConvVae()")`.
 *
 * @param such what would do, as code says it
 * @throws TypeError naming the value, and what would do
 */
export function requireLike(name: string, value: unknown, has: readonly string[], such: string): void {
  if (typeof value === "object" && value !== null) {
    if (has.every((key) => (value as Readonly<Record<string, unknown>>)[key] !== undefined)) return;
  }
  throw new TypeError(`${name} must be what ${such} gives, got ${described(value)}`);
}

function require(name: string, value: unknown, wanted: string, fits: boolean): void {
  if (!fits) throw new RangeError(`${name} must be ${wanted}, got ${shownNumber(value)}`);
}

/** What stands where a number should, as messages show it: NaN as it is written, a text in quotes. */
export function shownNumber(value: unknown): string {
  return typeof value === "number" ? String(value) : described(value);
}
