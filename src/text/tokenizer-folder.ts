/** A tokenizer's folder, as transformers has it: `tokenizer.json`, or `vocab.json` and `merges.txt`, with their settings. */
import { requireText, requireLike } from "../base/values.js";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Fields, parseJson, type Json } from "../base/fields.js";
import { commitTogether, stageFile } from "../files/index.js";
import { readTextFile } from "../files/text-file.js";
import { readAdded, readTokenizerJson, readTokens, tokenizerJson } from "./tokenizer-json.js";
import { ClipTokenizer } from "./tokenizer.js";
import { END, LENGTH, requireVocabulary, START, type AddedToken, type Vocabulary } from "./vocabulary.js";

const WHOLE = "tokenizer.json";
const VOCAB = "vocab.json";
const MERGES = "merges.txt";
const CONFIG = "tokenizer_config.json";
const SPECIAL = "special_tokens_map.json";
const ADDED = "added_tokens.json";
/** A number above says that nobody set a length: transformers writes 1e30. */
const MOST_LENGTH = 100_000;

/** Roles of special tokens: the key on disk, and the token where no file names one. */
const ROLES = {
  start: ["bos_token", START],
  end: ["eos_token", END],
  pad: ["pad_token", END],
  unknown: ["unk_token", END],
} as const;
type Role = keyof typeof ROLES;

/**
 * Opens the tokenizer of a folder that transformers' `save_pretrained`, an older version of it, or {@link saveTokenizer}
 * wrote: `tokenizer.json`, or `vocab.json` with `merges.txt`; and what lies beside it of `tokenizer_config.json`,
 * `special_tokens_map.json` and `added_tokens.json`. Where they say no length, it is 77.
 *
 * @throws RangeError naming file and key, if one is damaged, of another kind of tokenizer, or does not fit the others;
 *   Error if one is missing
 */
export function loadTokenizer(folder: string): ClipTokenizer {
  requireText("folder", folder, "the name of a folder");
  const config = optional(folder, CONFIG);
  const className = config.string("tokenizer_class", "CLIPTokenizer");
  if (!/^CLIPTokenizer(Fast)?$/.test(className)) {
    config.refuse("tokenizer_class", className, "CLIPTokenizer: of no other tokenizer are the rules known here");
  }
  const model = readModel(folder);
  // A list of added tokens in the settings holds the special ones too, and the map beside it is of before.
  const ownList = config.has("added_tokens_decoder");
  const sources = ownList ? [config] : [optional(folder, SPECIAL), config];
  const listed = [...model.added, ...(ownList ? readDecoder(config) : readFormerAdded(folder))];
  const special = Object.fromEntries(
    Object.entries(ROLES).map(([role, [key, usual]]) => [role, readSpecial(sources, key, usual)]),
  ) as Record<Role, SpecialToken>;
  const vocabulary: Vocabulary = {
    tokens: model.tokens,
    merges: model.merges,
    added: withSpecial(listed, Object.values(special), model.tokens),
    ...(Object.fromEntries(Object.entries(special).map(([role, { content }]) => [role, content])) as Record<
      Role,
      string
    >),
    length: readLength(config),
  };
  return new ClipTokenizer(requireVocabulary(folder, vocabulary));
}

/**
 * Writes a tokenizer's folder: `vocab.json`, `merges.txt`, `tokenizer_config.json` and `tokenizer.json`, so that
 * transformers' `CLIPTokenizer.from_pretrained(folder)` opens it, and {@link loadTokenizer}. All files are written, or
 * none.
 */
export function saveTokenizer(tokenizer: ClipTokenizer, folder: string): void {
  requireLike("tokenizer", tokenizer, ["vocabulary", "tokensOf"], "new ClipTokenizer(…)");
  requireText("folder", folder, "the name of a folder");
  commitTogether(Object.entries(tokenizerFiles(tokenizer)).map(([name, text]) => stageFile(join(folder, name), text)));
}

/** The files of a tokenizer's folder by their names. */
export function tokenizerFiles({ vocabulary }: ClipTokenizer): Readonly<Record<string, string>> {
  const { tokens, merges, added, length } = vocabulary;
  const roles = Object.entries(ROLES).map(([role, [key]]): [string, Json] => [key, vocabulary[role as Role]]);
  const decoder = [...added]
    .sort((a, b) => a.id - b.id)
    .map(({ id, content, normalised, special }): [string, Json] => {
      const flags = { lstrip: false, normalized: normalised, rstrip: false, single_word: false, special };
      return [String(id), { content, ...flags }];
    });
  const config = {
    add_prefix_space: false,
    added_tokens_decoder: Object.fromEntries(decoder),
    ...Object.fromEntries(roles),
    do_lower_case: true,
    errors: "replace",
    model_max_length: length,
    tokenizer_class: "CLIPTokenizer",
  };
  return {
    [VOCAB]: `${JSON.stringify(Object.fromEntries(tokens))}\n`,
    [MERGES]: ["#version: 0.2", ...merges.map((pair) => pair.join(" ")), ""].join("\n"),
    [CONFIG]: `${JSON.stringify(config, null, 2)}\n`,
    [WHOLE]: `${JSON.stringify(tokenizerJson(vocabulary))}\n`,
  };
}

/** Lines of a `merges.txt`: a first one with the version, then two tokens a line. */
export function parseMerges(where: string, text: string): [string, string][] {
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  const first = lines[0].includes("#version") ? 1 : 0;
  return lines.slice(first).flatMap((line, i): [string, string][] => {
    if (line === "") return [];
    const pair = line.split(" ");
    if (pair.length === 2 && pair.every((token) => token !== "")) return [pair as [string, string]];
    const shown = JSON.stringify(line.slice(0, 40));
    throw new RangeError(`${where}: line ${i + first + 1} is ${shown}, not two tokens with a space between them`);
  });
}

/** A special token as a file names it: by its text, or as an object with what else is to be said. */
interface SpecialToken {
  readonly content: string;
  readonly normalised: boolean;
}

function readSpecial(sources: readonly Fields[], key: string, usual: string): SpecialToken {
  const source = sources.find((file) => file.has(key));
  const value = source?.raw(key);
  if (source === undefined || typeof value === "string") {
    return { content: (value as string | undefined) ?? usual, normalised: false };
  }
  return readAdded(new Fields(`${source.where}: ${key}`, value), 0);
}

/** Special tokens are found as they stand, wherever their number comes from. */
function withSpecial(
  listed: readonly AddedToken[],
  special: readonly SpecialToken[],
  tokens: ReadonlyMap<string, number>,
): AddedToken[] {
  const byContent = new Map(listed.map((token) => [token.content, token]));
  for (const { content, normalised } of special) {
    const there = byContent.get(content);
    const id = there?.id ?? tokens.get(content);
    if (id !== undefined && !there?.special) byContent.set(content, { content, id, normalised, special: true });
  }
  return [...byContent.values()];
}

function readModel(folder: string): Pick<Vocabulary, "tokens" | "merges" | "added"> {
  if (existsSync(join(folder, WHOLE))) return readTokenizerJson(required(folder, WHOLE));
  const missing = [VOCAB, MERGES].filter((name) => !existsSync(join(folder, name)));
  if (missing.length > 0) {
    throw new Error(`${folder} has no ${missing.join(" and no ")}: a tokenizer's folder holds ${WHOLE}, or those two`);
  }
  const path = join(folder, MERGES);
  return { tokens: readTokens(required(folder, VOCAB)), merges: parseMerges(path, readTextFile(path)), added: [] };
}

function readDecoder(config: Fields): AddedToken[] {
  const decoder = config.object("added_tokens_decoder");
  return Object.keys(decoder.values).map((id) => readAdded(decoder.object(id), Number(id)));
}

/** Words added later, as older versions of transformers wrote them: their numbers alone. */
function readFormerAdded(folder: string): AddedToken[] {
  const tokens = readTokens(optional(folder, ADDED));
  return [...tokens].map(([content, id]) => ({ content, id, normalised: true, special: false }));
}

function readLength(config: Fields): number {
  const length = config.number("model_max_length", { least: 3, default: LENGTH });
  return length > MOST_LENGTH ? LENGTH : length;
}

function required(folder: string, name: string): Fields {
  const path = join(folder, name);
  return new Fields(path, parseJson(path, readTextFile(path)));
}

const optional = (folder: string, name: string): Fields => {
  return existsSync(join(folder, name)) ? required(folder, name) : new Fields(join(folder, name), {});
};
