/** A tokenizer learned from texts: byte-pair encoding, the most frequent pair first. */
import { described, requireKnownKeys } from "../base/check.js";
import { asLetters, byteLetters } from "./byte-letters.js";
import { END_OF_PIECE, normalise, piecesOf } from "./normalise.js";
import { ClipTokenizer } from "./tokenizer.js";
import { END, LENGTH, START } from "./vocabulary.js";

export interface TrainTokenizerOptions {
  /** How many tokens there will be at most, 514 at least: 256 bytes, each also as a last one, start and end. */
  readonly size: number;
  /** Pairs seen less often are not merged, default 2. */
  readonly leastCount?: number;
  /** Length of an encoded text, default 77. */
  readonly length?: number;
  /** Told after each merge: how many are made, and how many there can be. */
  readonly onProgress?: (made: number, most: number) => void;
}

/** A piece as its tokens now are, and how often the texts have it. */
interface Piece {
  tokens: number[];
  readonly count: number;
}

const BYTES = 256;
const SPECIAL = 2;
/** Two numbers as one: there are fewer tokens than that. */
const FACTOR = 2 ** 24;

/**
 * Learns a vocabulary from texts by byte-pair encoding: every piece starts as its bytes, and the pair that all pieces
 * together have most often becomes a token, again and again. Of pairs that are equally frequent, the one of the lower
 * numbers is taken: the same texts give the same tokenizer, in whatever order they come.
 *
 * Since all bytes are tokens, what the texts never had can be encoded too.
 *
 * @example
 * const tokenizer = trainTokenizer(captions, { size: 1024 });
 *
 * @throws RangeError if an option is out of range or a name unknown, TypeError if a text is none
 *
 * Source: Sennrich, Haddow and Birch 2016, "Neural machine translation of rare words with subword units", algorithm 1.
 */
export function trainTokenizer(texts: Iterable<string>, options: TrainTokenizerOptions): ClipTokenizer {
  if (typeof texts?.[Symbol.iterator] !== "function") {
    throw new TypeError(`texts must be a list of texts, or a generator of them, got ${described(texts)}`);
  }
  requireKnownKeys("trainTokenizer", options, { size: true, leastCount: true, length: true, onProgress: "a function" });
  const { size, leastCount = 2, length = LENGTH, onProgress } = options;
  const least = 2 * BYTES + SPECIAL;
  if (!Number.isInteger(size) || size < least || size >= FACTOR) {
    throw new RangeError(`size must be a whole number of tokens from ${least}, got ${described(size)}`);
  }
  if (!Number.isInteger(leastCount) || leastCount < 1) {
    throw new RangeError(`leastCount must be a whole number from 1, got ${described(leastCount)}`);
  }
  const letters = byteLetters.map(([, letter]) => letter);
  const tokens = [...letters, ...letters.map((letter) => letter + END_OF_PIECE)];
  const numbers = new Map(tokens.map((token, id) => [token, id]));
  const pieces = countPieces(texts).map(([piece, count]): Piece => {
    const own = asLetters(piece);
    own[own.length - 1] += END_OF_PIECE;
    return { tokens: own.map((letter) => numbers.get(letter)!), count };
  });
  const pairs = new PairCounts(pieces);
  const merges: [string, string][] = [];
  const most = size - least;
  while (merges.length < most) {
    const best = pairs.mostFrequent(leastCount);
    if (!best) break;
    const [left, right] = best;
    const joined = tokens[left] + tokens[right];
    // Two ways to one token: the merge is learned, the token is there already.
    if (!numbers.has(joined)) numbers.set(joined, tokens.push(joined) - 1);
    merges.push([tokens[left], tokens[right]]);
    pairs.merge(left, right, numbers.get(joined)!);
    onProgress?.(merges.length, most);
  }
  for (const special of [START, END]) numbers.set(special, tokens.push(special) - 1);
  const added = [START, END].map((content) => ({
    content,
    id: numbers.get(content)!,
    normalised: false,
    special: true,
  }));
  return new ClipTokenizer({ tokens: numbers, merges, added, start: START, end: END, pad: END, unknown: END, length });
}

/** Every piece of the texts with how often it is there, in an order of its own. */
function countPieces(texts: Iterable<string>): [string, number][] {
  if (typeof texts === "string")
    throw new TypeError("trainTokenizer takes a list of texts, got one text: put it in [ ]");
  const counts = new Map<string, number>();
  for (const text of texts) {
    if (typeof text !== "string") throw new TypeError(`trainTokenizer learns from texts, got ${described(text)}`);
    for (const piece of piecesOf(normalise(text))) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  }
  return [...counts];
}

/** How often each pair of neighbours is there, kept up to date while pairs are merged. */
class PairCounts {
  private readonly counts = new Map<number, number>();
  /** Which pieces have a pair, or had it once. */
  private readonly places = new Map<number, Set<Piece>>();

  constructor(pieces: readonly Piece[]) {
    for (const piece of pieces) this.add(piece, 1);
  }

  /** The pair that is there most often, of equals the lowest; undefined if all are rarer than `least`. */
  mostFrequent(least: number): [number, number] | undefined {
    let [best, most] = [-1, least - 1];
    for (const [pair, count] of this.counts) {
      if (count > most || (count === most && best >= 0 && pair < best)) [best, most] = [pair, count];
    }
    return best < 0 ? undefined : [Math.floor(best / FACTOR), best % FACTOR];
  }

  /** Writes `joined` wherever `left` stands before `right`. */
  merge(left: number, right: number, joined: number): void {
    for (const piece of this.places.get(left * FACTOR + right) ?? []) {
      this.add(piece, -1);
      const { tokens } = piece;
      const merged: number[] = [];
      for (let i = 0; i < tokens.length; i++) {
        const here = tokens[i] === left && tokens[i + 1] === right;
        merged.push(here ? joined : tokens[i]);
        if (here) i++;
      }
      piece.tokens = merged;
      this.add(piece, 1);
    }
  }

  private add(piece: Piece, sign: 1 | -1): void {
    const { tokens, count } = piece;
    for (let i = 0; i + 1 < tokens.length; i++) {
      const pair = tokens[i] * FACTOR + tokens[i + 1];
      const now = (this.counts.get(pair) ?? 0) + sign * count;
      if (now === 0) this.counts.delete(pair);
      else this.counts.set(pair, now);
      if (sign < 0) continue;
      const places = this.places.get(pair) ?? new Set();
      this.places.set(pair, places.add(piece));
    }
  }
}
