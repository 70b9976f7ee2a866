/** The vocabulary of OpenAI's CLIP, which every Stable Diffusion has: in this repository, compressed. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { requireKnownKeys } from "../base/check.js";
import { byteLetters } from "./byte-letters.js";
import { END_OF_PIECE } from "./normalise.js";
import { parseMerges } from "./tokenizer-folder.js";
import { ClipTokenizer } from "./tokenizer.js";
import { END, LENGTH, START } from "./vocabulary.js";

const FILE = join("assets", "clip-vocabulary", "bpe_simple_vocab_16e6.txt.gz");
/** Of the text: a line of version and 48 894 merges. */
const SHA256 = "685491abbdad36159d094ecdc23bebc0dd53f8d1df35c4d74ef6036db2ba7572";
const MOST_BYTES = 4_000_000;
const MERGES = 48_894;

/**
 * The tokenizer of OpenAI's CLIP, 49 408 tokens: that of Stable Diffusion 1.x, whose `pad` is the token of the end. Of
 * 2.x it differs in `pad` alone, "!".
 *
 * @param options.file where the merges are, default this repository's own `assets/clip-vocabulary`; OpenAI's whole file,
 *   as the Python packages of CLIP have it, does too
 * @param options.pad the token that fills up, default the one of the end
 * @throws RangeError if the file holds something else, Error if it is not there
 */
export function openAiTokenizer(options: { readonly file?: string; readonly pad?: string } = {}): ClipTokenizer {
  requireKnownKeys("openAiTokenizer", options, { file: "a text", pad: true });
  const { file = ownFile(), pad = END } = options;
  const letters = byteLetters.map(([, letter]) => letter);
  const merges = parseMerges(file, readMerges(file));
  const tokens = [
    ...letters,
    ...letters.map((letter) => letter + END_OF_PIECE),
    ...merges.map((pair) => pair.join("")),
    ...[START, END],
  ];
  const numbers = new Map(tokens.map((token, id) => [token, id]));
  const special = [...new Set([START, END, pad])];
  const unknown = special.find((token) => !numbers.has(token));
  if (unknown !== undefined) throw new RangeError(`pad must be a token of the vocabulary, got ${JSON.stringify(pad)}`);
  return new ClipTokenizer({
    tokens: numbers,
    merges,
    added: special.map((content) => ({ content, id: numbers.get(content)!, normalised: false, special: true })),
    start: START,
    end: END,
    pad,
    unknown: END,
    length: LENGTH,
  });
}

/** The lines that count: of the whole file, whose further merges no CLIP has, the first ones. */
function readMerges(file: string): string {
  let text: string;
  try {
    text = gunzipSync(readFileSync(file), { maxOutputLength: MOST_BYTES }).toString("utf8");
  } catch (error) {
    const remedy = "it comes with the repository, and in the Python package open-clip-torch";
    throw new Error(`${file} cannot be read (${(error as Error).message}): ${remedy}`, { cause: error });
  }
  const lines = `${text.split("\n", MERGES + 1).join("\n")}\n`;
  const found = createHash("sha256").update(lines).digest("hex");
  if (found === SHA256) return lines;
  throw new RangeError(`${file} holds other merges than OpenAI's (SHA-256 ${found}, not ${SHA256}): get it again`);
}

/** In the nearest folder above this file that has it: the repository's, whether this runs from src or from dist. */
function ownFile(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, FILE)) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, FILE);
}
