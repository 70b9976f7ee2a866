/**
 * A key that one object of a JSON text has twice, which JSON.parse would not tell: it keeps the last.
 *
 * @param parsed what JSON.parse made of the text
 */
export function repeatedKey(text: string, parsed: unknown): string | undefined {
  const written = new Map<string, number>();
  // Strings one after another: what is followed by a colon is a key.
  for (const [token, key] of text.matchAll(/"((?:[^"\\]|\\.)*)"\s*:|"(?:[^"\\]|\\.)*"/g)) {
    if (key === undefined) continue;
    const name = JSON.parse(token.slice(0, key.length + 2)) as string;
    written.set(name, (written.get(name) ?? 0) + 1);
  }
  const kept = new Map<string, number>();
  countKeys(parsed, kept);
  return [...written].find(([name, count]) => count > (kept.get(name) ?? 0))?.[0];
}

function countKeys(value: unknown, counts: Map<string, number>): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, child] of Object.entries(value)) {
    if (!Array.isArray(value)) counts.set(name, (counts.get(name) ?? 0) + 1);
    countKeys(child, counts);
  }
}
