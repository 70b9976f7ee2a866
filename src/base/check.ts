/** Checks of what a caller gives, each with an error that names the value, what is allowed and the remedy. */

/**
 * Refuses options that are misspelt: an option nobody reads would be silently without effect.
 *
 * @param what whose options they are, such as "Trainer"
 * @param known every option there is, each `true`, so that the compiler finds a missing one
 * @param renamed what to do instead of a former option, by its name
 * @throws RangeError naming the first unknown option and the nearest known one
 */
export function requireKnownKeys<Given extends object>(
  what: string,
  given: Given,
  known: { readonly [Key in keyof Given]-?: true },
  renamed: Readonly<Record<string, string>> = {},
): void {
  const names = Object.keys(known);
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(known, key)) continue;
    if (Object.hasOwn(renamed, key)) throw new RangeError(`unknown option "${key}" of ${what}: ${renamed[key]}`);
    const nearest = nearestName(key, names);
    const remedy = nearest === undefined ? "leave it out." : `did you mean "${nearest}"?`;
    throw new RangeError(`unknown option "${key}" of ${what}: ${remedy} Known are ${names.join(", ")}`);
  }
}

/** The known name that a misspelt one most likely stands for, or undefined if none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const distances = known.map((candidate) => editDistance(name.toLowerCase(), candidate.toLowerCase()));
  const smallest = Math.min(...distances);
  // A name of which half the letters differ is another word.
  return smallest <= Math.max(2, name.length / 3) ? known[distances.indexOf(smallest)] : undefined;
}

/** Levenshtein's distance: the fewest insertions, deletions and replacements of a letter from one text to the other. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}
