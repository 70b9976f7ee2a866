/** The letters that a model's captions are written in: what a prompt has besides, a small model never saw. */
import { normalise } from "../../../text/normalise.js";
import { plainText, weightedTexts } from "./weights.js";

/** Every letter and sign of the texts, as the tokenizer sees them, each once and in order; spaces are none. */
export function lettersOf(texts: Iterable<string>): string {
  const found = new Set<string>();
  for (const text of texts) for (const letter of normalise(text)) found.add(letter);
  found.delete(" ");
  return [...found].sort().join("");
}

/** Letters that a message shows at most. */
const SHOWN = 10;

/**
 * @param letters what the model's captions are written in; undefined allows all
 * @param options.weights whether brackets in the prompts weigh words
 * @throws RangeError naming the letters that are none of them, and those that are
 */
export function requireKnownLetters(
  letters: string | undefined,
  prompts: readonly string[],
  { weights }: { readonly weights: boolean },
): void {
  if (letters === undefined) return;
  const known = new Set(letters);
  for (const prompt of prompts) {
    const texts = (weights ? weightedTexts(prompt) : plainText(prompt)).map(({ text }) => text);
    const unknown = [...lettersOf(texts)].filter((letter) => !known.has(letter));
    if (unknown.length === 0) continue;
    const shown = unknown.slice(0, SHOWN).map((letter) => `"${letter}"`);
    const more = unknown.length > SHOWN ? ` and ${unknown.length - SHOWN} more` : "";
    throw new RangeError(
      `the prompt has ${shown.join(", ")}${more}, which this model never saw: its captions are written in ` +
        `${letters}; say it in these letters`,
    );
  }
}
