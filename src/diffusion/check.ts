/** Throws a RangeError unless `value` is one of `allowed`. */
export function checkChoice<T>(name: string, value: T, allowed: readonly T[]): void {
  if (allowed.includes(value)) return;
  throw new RangeError(`${name} must be one of ${allowed.join(", ")}, got ${String(value)}`);
}

/** Throws a RangeError unless `value` is a whole number ≥ 1. */
export function checkSteps(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`${name} must be a whole number ≥ 1, got ${value}`);
  }
}
