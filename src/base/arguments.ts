/** Options of a command, read and refused by their name. */

/** A whole number given on the command line; throws RangeError naming the option. */
export function wholeNumber(option: string, given: string | undefined, fallback: number, least = 1): number {
  if (given === undefined) return fallback;
  const value = Number(given);
  if (given.trim() !== "" && Number.isSafeInteger(value) && value >= least) return value;
  const range =
    value > Number.MAX_SAFE_INTEGER ? `from ${least} to ${Number.MAX_SAFE_INTEGER}` : `of at least ${least}`;
  throw new RangeError(`${option} takes a whole number ${range}, got "${given}"`);
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

/**
 * The words of a command with each negative number joined to its option: `--seed -1` becomes `--seed=-1`, so that the
 * option itself can say what it takes.
 */
export function joinNegatives(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of words) {
    const option = joined.at(-1);
    if (/^-[\d.]/.test(word) && option !== undefined && /^--[^=]+$/.test(option)) {
      joined[joined.length - 1] = `${option}=${word}`;
    } else joined.push(word);
  }
  return joined;
}
