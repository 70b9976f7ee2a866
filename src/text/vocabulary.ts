/** A CLIP tokenizer as data: tokens with their numbers, merges in their order, and the tokens that mean something else. */
import { requireKind } from "../base/kinds.js";
import { requireList } from "../base/values.js";
import { described, requireKnownKeys } from "../base/check.js";

/** A token that is found in a text as it stands, before merges: a special one, or a word that was added later. */
export interface AddedToken {
  readonly content: string;
  readonly id: number;
  /** Whether it is looked for in the lower-case text rather than in the text as given. */
  readonly normalised: boolean;
  /** Whether decoding leaves it out. */
  readonly special: boolean;
}

/** What a {@link ClipTokenizer} is made of, however it is written on disk. */
export interface Vocabulary {
  /** Each token's number, 0 … size − 1, each once. The last letters of a word end in `</w>`. */
  readonly tokens: ReadonlyMap<string, number>;
  /** Pairs of tokens that become one, the most urgent first. */
  readonly merges: readonly (readonly [string, string])[];
  readonly added: readonly AddedToken[];
  /** The token before every text, `<|startoftext|>`. */
  readonly start: string;
  /** The token after every text, `<|endoftext|>`; its place is where CLIP pools. */
  readonly end: string;
  /** What fills a text up to its length: `end` in Stable Diffusion 1.x, `!` (number 0) in 2.x. */
  readonly pad: string;
  /** What stands for letters that no token has. */
  readonly unknown: string;
  /** The length of an encoded text with start and end, 77 of CLIP. */
  readonly length: number;
}

export const START = "<|startoftext|>";
export const END = "<|endoftext|>";
/** Of CLIP. */
export const LENGTH = 77;
/** More than any model of text has; a number above comes from a damaged file. */
const MOST_TOKENS = 10_000_000;

/**
 * A vocabulary that holds together.
 *
 * @param where what messages name: the file
 * @throws RangeError if a number is missing, repeated or out of range, or a merge or a special token is of tokens that
 *   are not there
 */
export function requireVocabulary(where: string, vocabulary: Vocabulary): Vocabulary {
  const known = {
    tokens: true,
    merges: "a list",
    added: true,
    start: true,
    end: true,
    pad: true,
    unknown: true,
  } as const;
  requireKnownKeys("a vocabulary", vocabulary, { ...known, length: true });
  const { tokens, merges, added, length } = vocabulary;
  const refuse = (what: string): never => {
    throw new RangeError(`${where}: ${what}; get the tokenizer's files again, all of one tokenizer`);
  };
  if (!(tokens instanceof Map))
    throw new TypeError(`tokens must be a Map of each token's number, got ${described(tokens)}`);
  requireList("merges", merges, "pairs of tokens");
  merges.forEach((pair, i) => requireKind(`entry ${i} of merges`, pair, "a list"));
  requireList("added", added, "tokens, { content, id }");
  for (const one of added) {
    requireKind("content of an added token", one.content, "a text");
    requireKind(`normalised of ${one.content}`, one.normalised, "true or false");
    requireKind(`special of ${one.content}`, one.special, "true or false");
  }
  if (tokens.size === 0) refuse("there are no tokens");
  const numbers = new Map<number, string>();
  for (const [token, id] of [...tokens, ...added.map(({ content, id }) => [content, id] as const)]) {
    if (!Number.isInteger(id) || id < 0 || id >= MOST_TOKENS) {
      refuse(`token ${JSON.stringify(token)} has the number ${described(id)}, not a whole one from 0`);
    }
    const other = numbers.get(id);
    if (other !== undefined && other !== token) {
      refuse(`tokens ${JSON.stringify(other)} and ${JSON.stringify(token)} both have the number ${id}`);
    }
    numbers.set(id, token);
  }
  for (const { content, id } of added) {
    if ((tokens.get(content) ?? id) !== id) {
      refuse(`token ${JSON.stringify(content)} has the numbers ${tokens.get(content)} and ${id}`);
    }
  }
  const largest = [...numbers.keys()].reduce((most, id) => Math.max(most, id), 0);
  if (largest !== numbers.size - 1) {
    refuse(`${numbers.size} tokens have numbers up to ${largest}, not 0 … ${numbers.size - 1}: some are missing`);
  }
  merges.forEach((pair, i) => {
    const missing = [...pair, pair.join("")].find((token) => !tokens.has(token));
    if (pair.length !== 2 || missing !== undefined) {
      refuse(`merge ${i + 1}, ${JSON.stringify(pair)}, needs the token ${JSON.stringify(missing)}, which is not there`);
    }
  });
  const found = new Set(numbers.values());
  for (const role of ["start", "end", "pad", "unknown"] as const) {
    if (!found.has(vocabulary[role])) refuse(`the ${role} token ${JSON.stringify(vocabulary[role])} has no number`);
  }
  if (!Number.isInteger(length) || length < 3) {
    refuse(`texts have length ${described(length)}: it must be a whole number from 3, with start and end`);
  }
  return vocabulary;
}
