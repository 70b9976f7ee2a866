/** CLIP's tokenizer: texts to the numbers of their tokens, and back. */
import { requireTexts, requireNumbers } from "../base/values.js";
import { Tokenizer } from "@huggingface/tokenizers";
import { described, requireKnownKeys } from "../base/check.js";
import { normalise } from "./normalise.js";
import { tokenizerJson } from "./tokenizer-json.js";
import { requireVocabulary, type Vocabulary } from "./vocabulary.js";

/** What is used of the package's class, whose own declarations do not resolve as modules of Node. */
interface Merging {
  normalizer: (text: string) => string;
  encode(text: string, options: { add_special_tokens: boolean }): { readonly ids: number[] };
  decode(ids: number[], options: { skip_special_tokens: boolean }): string;
}

/** How {@link ClipTokenizer.encode} fits texts to a length. */
export interface EncodeOptions {
  /** Of a row, with start and end; default the vocabulary's, 77 of CLIP. */
  readonly length?: number;
  /**
   * A text too long for one row goes on in further rows, each with its own start and end, and every text gets as many
   * rows as the longest; default false: it is cut.
   */
  readonly chunks?: boolean;
}

/** A text that did not fit: what was left out of it. */
export interface CutText {
  /** Which of the texts. */
  readonly index: number;
  /** How many of its tokens were left out. */
  readonly tokens: number;
  /** What they say. */
  readonly text: string;
}

/** Encoded texts: `tf.tensor2d(ids, shape, "int32")` is what {@link ClipTextModel} takes. */
export interface Encoding {
  /** Row after row: start, tokens, end, and pad tokens up to the length. */
  readonly ids: Int32Array;
  /** [texts · chunks, length] */
  readonly shape: [number, number];
  /** Rows a text: those of text i are i·chunks … i·chunks + chunks − 1. */
  readonly chunks: number;
  /** Texts that were cut, in their order; none if they went on in chunks. */
  readonly cut: readonly CutText[];
}

/**
 * CLIP's tokenizer, a byte-level BPE in lower case: the ids of transformers' `CLIPTokenizer`, by Hugging Face's
 * `tokenizers` in JavaScript. Where that package lowers a text as a whole, letters are lowered one by one here, as
 * transformers does.
 *
 * Every text is taken: what no merge fits is spelt in bytes.
 *
 * @example
 * const { ids, shape, cut } = openAiTokenizer().encode(["a photo of a cat"]);
 * for (const { text } of cut) console.warn(`left out: ${text}`);
 * const tokens = tf.tensor2d(ids, shape, "int32");
 *
 * Source: Sennrich, Haddow and Birch 2016, "Neural machine translation of rare words with subword units"; Radford et al.
 * 2021, "Learning transferable visual models from natural language supervision", section 2.4.
 */
export class ClipTokenizer {
  readonly vocabulary: Vocabulary;
  /** Numbers of the special tokens. */
  readonly start: number;
  readonly end: number;
  readonly pad: number;
  /** How many tokens there are: `vocab_size` of a text model that takes them all. */
  readonly size: number;
  /**
   * Words of several tokens by the number of the first: word is followed by word_1, word_2, …, as diffusers names the
   * vectors of a textual inversion. A prompt that says the word means all of them.
   */
  readonly continuations: ReadonlyMap<number, readonly number[]>;
  private readonly tokenizer: Merging;

  /** @throws RangeError if the vocabulary does not hold together: see {@link requireVocabulary} */
  constructor(vocabulary: Vocabulary) {
    this.vocabulary = requireVocabulary("the vocabulary", vocabulary);
    const numbers = new Map(vocabulary.tokens);
    for (const { content, id } of vocabulary.added) numbers.set(content, id);
    this.size = numbers.size;
    this.continuations = continuationsOf(vocabulary);
    this.start = numbers.get(vocabulary.start)!;
    this.end = numbers.get(vocabulary.end)!;
    this.pad = numbers.get(vocabulary.pad)!;
    const rules = tokenizerJson(vocabulary);
    this.tokenizer = new Tokenizer(rules, { clean_up_tokenization_spaces: false }) as unknown as Merging;
    // The package's own lowers a text as a whole.
    this.tokenizer.normalizer = normalise;
  }

  /** The numbers of a text's tokens, without start and end. */
  tokensOf(text: string): number[] {
    requireText(text, "the text");
    return this.tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  /**
   * Texts as rows of one length: start, up to length − 2 tokens, end, pad.
   *
   * @throws TypeError if a text is none; RangeError if there are no texts, or `length` is no whole number from 3
   */
  encode(texts: string | readonly string[], options: EncodeOptions = {}): Encoding {
    requireKnownKeys("encode", options, { length: true, chunks: "true or false" });
    const { length = this.vocabulary.length, chunks: goOn = false } = options;
    if (!Number.isInteger(length) || length < 3) {
      throw new RangeError(`length must be a whole number from 3, with start and end, got ${described(length)}`);
    }
    const list = typeof texts === "string" ? [texts] : texts;
    if (!Array.isArray(list)) throw new TypeError(`encode takes a text or a list of texts, got ${described(texts)}`);
    if (list.length === 0) throw new RangeError("encode needs at least one text; the empty one is one too");
    list.forEach((text, i) => requireText(text, `text ${i + 1} of ${list.length}`));
    const tokens = list.map((text) => this.tokensOf(text));
    const room = length - 2;
    const longest = tokens.reduce((most, { length: count }) => Math.max(most, count), 1);
    const chunks = goOn ? Math.ceil(longest / room) : 1;
    const ids = new Int32Array(list.length * chunks * length).fill(this.pad);
    tokens.forEach((all, i) => {
      for (let chunk = 0; chunk < chunks; chunk++) {
        const row = [this.start, ...all.slice(chunk * room, (chunk + 1) * room), this.end];
        ids.set(row, (i * chunks + chunk) * length);
      }
    });
    const cut = tokens.flatMap((all, index): CutText[] => {
      const rest = all.slice(chunks * room);
      return rest.length === 0 ? [] : [{ index, tokens: rest.length, text: this.decode(rest) }];
    });
    return { ids, shape: [list.length * chunks, length], chunks, cut };
  }

  /**
   * The text of tokens, in lower case; bytes that are no UTF-8 become U+FFFD.
   *
   * @param options.special whether special tokens are written out, default false: they are left out
   * @throws RangeError for a number that is no token's
   */
  decode(ids: ArrayLike<number>, options: { readonly special?: boolean } = {}): string {
    requireNumbers("ids", ids);
    requireKnownKeys("decode", options, { special: "true or false" });
    const list = Array.from(ids);
    const outside = list.find((id) => !Number.isInteger(id) || id < 0 || id >= this.size);
    if (outside !== undefined) {
      throw new RangeError(`${described(outside)} is no token: this vocabulary has 0 … ${this.size - 1}`);
    }
    if (list.length === 0) return "";
    return this.tokenizer.decode(list, { skip_special_tokens: !options.special }).trim();
  }

  /**
   * This tokenizer with further tokens, numbered on from {@link size}, each found as a whole and without regard to case:
   * words that a textual inversion has learned.
   *
   * @throws RangeError if one is empty, or is there already
   */
  withTokens(contents: readonly string[]): ClipTokenizer {
    requireTexts("contents", contents);
    const { vocabulary, size } = this;
    const added = contents.map((content, i) => {
      if (content.trim() === "") throw new RangeError("a token needs letters: it is found in texts by them");
      const there = vocabulary.tokens.has(content) || vocabulary.added.some((token) => token.content === content);
      if (there || contents.indexOf(content) < i) {
        throw new RangeError(`the token ${JSON.stringify(content)} is there already: choose another name`);
      }
      return { content, id: size + i, normalised: true, special: false };
    });
    return new ClipTokenizer({ ...vocabulary, added: [...vocabulary.added, ...added] });
  }
}

function continuationsOf({ added }: Vocabulary): Map<number, readonly number[]> {
  const words = new Map(added.filter(({ special }) => !special).map(({ content, id }) => [content, id]));
  const found = new Map<number, readonly number[]>();
  for (const [content, id] of words) {
    const following: number[] = [];
    for (
      let next = words.get(`${content}_1`);
      next !== undefined;
      next = words.get(`${content}_${following.length + 1}`)
    ) {
      following.push(next);
    }
    if (following.length > 0) found.set(id, following);
  }
  return found;
}

function requireText(text: unknown, what: string): void {
  if (typeof text !== "string") throw new TypeError(`${what} must be a text, got ${described(text)}`);
}
