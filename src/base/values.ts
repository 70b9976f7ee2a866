/** Checks of single numbers and choices that the theory is given. */

/** Throws a RangeError unless `value` is one of `allowed`. */
export function requireChoice<T>(name: string, value: T, allowed: readonly T[]): void {
  if (allowed.includes(value)) return;
  throw new RangeError(`${name} must be one of ${allowed.join(", ")}, got ${String(value)}`);
}

/** Throws a RangeError unless `value` is a whole number ≥ 1. */
export function requireWhole(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`${name} must be a whole number ≥ 1, got ${value}`);
  }
}

/** Throws a RangeError unless `value` is a finite number. */
export function requireNumber(name: string, value: number): void {
  if (!Number.isFinite(value)) throw new RangeError(`${name} must be a finite number, got ${value}`);
}

/** Throws a RangeError unless `value` is a finite number > 0. */
export function requirePositive(name: string, value: number): void {
  if (!(value > 0 && value < Infinity)) throw new RangeError(`${name} must be a finite number > 0, got ${value}`);
}

/** Throws a RangeError unless `value` is a finite number ≥ 0. */
export function requireNotNegative(name: string, value: number): void {
  if (!(value >= 0 && value < Infinity)) throw new RangeError(`${name} must be a finite number ≥ 0, got ${value}`);
}

/** Throws a RangeError unless 0 ≤ `value` ≤ 1. */
export function requireShare(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`${name} must lie in 0 … 1, got ${value}`);
}
