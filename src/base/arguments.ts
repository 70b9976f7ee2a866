/** Options of a command, read and refused by their name. */

/** A whole number given on the command line; throws RangeError naming the option. */
export function wholeNumber(option: string, given: string | undefined, fallback: number, least = 1): number {
  if (given === undefined) return fallback;
  const value = Number(given);
  if (given.trim() === "" || !Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${option} takes a whole number of at least ${least}, got "${given}"`);
  }
  return value;
}

/** A finite number given on the command line; throws RangeError naming the option. */
export function finiteNumber(option: string, given: string | undefined, fallback: number): number {
  if (given === undefined) return fallback;
  const value = Number(given);
  if (given.trim() === "" || !Number.isFinite(value)) throw new RangeError(`${option} takes a number, got "${given}"`);
  return value;
}

/** What was given, read by `read`; undefined if the option was left out. */
export function optional<T>(given: string | undefined, read: (given: string) => T): T | undefined {
  return given === undefined ? undefined : read(given);
}
