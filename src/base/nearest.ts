/** What was most likely meant by a misspelt name. */

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
