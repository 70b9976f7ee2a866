/** What is wrong with a JSON text although it parses: repeated keys, excessive depth. */

/** What JSON.parse does not tell of a text that it accepts. */
export interface JsonShape {
  /** A key that one object has twice, of which JSON.parse keeps the last. */
  readonly repeatedKey: string | undefined;
  /** How deep objects and lists lie in each other; 1 for a flat one. */
  readonly depth: number;
}

/**
 * Reads through a JSON text once, without recursion, so that no text is too long or too deep for it.
 *
 * @param text valid JSON
 */
export function jsonShape(text: string): JsonShape {
  // The keys of each object that is open; undefined stands for a list.
  const open: (Set<string> | undefined)[] = [];
  let repeatedKey: string | undefined;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === "{" || character === "[") {
      open.push(character === "{" ? new Set() : undefined);
      depth = Math.max(depth, open.length);
    } else if (character === "}" || character === "]") {
      open.pop();
    } else if (character === '"') {
      const end = endOfString(text, i);
      const keys = open.at(-1);
      if (keys && nextCharacter(text, end + 1) === ":") {
        const key = JSON.parse(text.slice(i, end + 1)) as string;
        if (keys.has(key)) repeatedKey ??= key;
        keys.add(key);
      }
      i = end;
    }
  }
  return { repeatedKey, depth };
}

/** Where the string that begins at `start` has its closing quote. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
  return i;
}

function nextCharacter(text: string, start: number): string | undefined {
  let i = start;
  while (i < text.length && " \t\n\r".includes(text[i])) i++;
  return text[i];
}
