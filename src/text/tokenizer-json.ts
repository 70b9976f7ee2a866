/** A vocabulary as `tokenizer.json`, the form of Hugging Face's tokenizers: the rules beside the tokens. */
import { Fields, type Json } from "../base/fields.js";
import { END_OF_PIECE, PIECE } from "./normalise.js";
import type { AddedToken, Vocabulary } from "./vocabulary.js";

/** The keys of a `tokenizer.json` that says what transformers' `CLIPTokenizer` does. */
export function tokenizerJson(vocabulary: Vocabulary): Readonly<Record<string, Json>> {
  const { tokens, merges, added, start, end, unknown } = vocabulary;
  const numbers = new Map([...tokens, ...added.map(({ content, id }) => [content, id] as const)]);
  const numbered = (token: string): Json => [token, numbers.get(token)!];
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [...added].sort((a, b) => a.id - b.id).map(addedJson),
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "NFC" },
        { type: "Replace", pattern: { Regex: "\\s+" }, content: " " },
        { type: "Lowercase" },
      ],
    },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        {
          type: "Split",
          pattern: { Regex: `<\\|startoftext\\|>|<\\|endoftext\\|>|${PIECE}` },
          behavior: "Removed",
          invert: true,
        },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: {
      type: "RobertaProcessing",
      sep: numbered(end),
      cls: numbered(start),
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: unknown,
      continuing_subword_prefix: "",
      end_of_word_suffix: END_OF_PIECE,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens),
      merges: merges.map(([left, right]) => [left, right]),
    },
  };
}

function addedJson({ content, id, normalised, special }: AddedToken): Json {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: normalised, special };
}

/**
 * Tokens, merges and added tokens of a `tokenizer.json`. Its other rules are those of CLIP, or it is refused.
 *
 * @throws RangeError naming the key that is of another kind of tokenizer, or damaged
 */
export function readTokenizerJson(file: Fields): Pick<Vocabulary, "tokens" | "merges" | "added"> {
  const model = file.object("model");
  model.oneOf("type", ["BPE"]);
  model.oneOf("end_of_word_suffix", [END_OF_PIECE]);
  const steps = JSON.stringify(file.raw("normalizer") ?? null);
  if (!steps.includes('"Lowercase"')) {
    file.refuse("normalizer", file.raw("normalizer"), "that of CLIP, which writes texts in lower case");
  }
  const added = file.has("added_tokens") ? listOf(file, "added_tokens") : [];
  return {
    tokens: readTokens(model.object("vocab")),
    merges: listOf(model, "merges").map((pair, i) => {
      const parts = typeof pair === "string" ? pair.split(" ") : pair;
      if (isPair(parts)) return parts;
      return model.refuse("merges", pair, `pairs of tokens; number ${i + 1} is none`);
    }),
    added: added.map((token, i) => readAdded(new Fields(`${file.where}: added_tokens ${i + 1}`, token))),
  };
}

/** The numbers of tokens by their name. */
export function readTokens(vocab: Fields): Map<string, number> {
  return new Map(
    Object.entries(vocab.values).map(([token]) => [token, vocab.number(token, { whole: true, least: 0 })]),
  );
}

/** One added token; what it may not be is what no CLIP tokenizer has. */
export function readAdded(token: Fields, id = token.number("id", { whole: true, least: 0 })): AddedToken {
  for (const key of ["single_word", "lstrip", "rstrip"]) {
    if (token.boolean(key, false)) token.refuse(key, true, "false: texts are not trimmed around a token");
  }
  const special = token.boolean("special", false);
  return { content: token.string("content"), id, special, normalised: token.boolean("normalized", !special) };
}

function listOf(fields: Fields, key: string): readonly unknown[] {
  const value = fields.raw(key);
  return Array.isArray(value) ? (value as unknown[]) : fields.refuse(key, value, "a list");
}

function isPair(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === "string");
}
