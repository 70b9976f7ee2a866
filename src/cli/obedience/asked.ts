/** What a model of captioned digits is asked: compositions with their captions, half of them English and half Chinese. */
import {
  CaptionedDigits,
  captionOf,
  type CaptionLanguage,
  type Composition,
  heldOutColourPlaces,
  heldOutDigitColours,
  type PairChoice,
} from "../../data/index.js";
import { withColoursSwapped } from "../../metrics/index.js";
import { RandomStream } from "../../random/index.js";

/** Captions of one kind, what they mean, and real pictures of it. */
export interface AskedSet {
  readonly compositions: readonly Composition[];
  readonly captions: readonly string[];
  readonly languages: readonly CaptionLanguage[];
  /** Pictures of compositions `first` … `last` − 1, flat, by hands that no training saw. */
  pictures(first: number, last: number): Float32Array;
}

/** A set, and the same with two colours of each composition exchanged. */
export interface AskedPairs {
  readonly plain: AskedSet;
  readonly swapped: AskedSet;
}

/** Number i is English where it is even. */
const languageOf = (i: number): CaptionLanguage => (i % 2 === 0 ? "en" : "zh");

/** The first `count` compositions of held-out hands whose pairs of facts are of this choice. */
export function askedSet(pairs: PairChoice, count: number, seed: number): AskedSet {
  const common = { split: "heldOut", pairs, seed } as const;
  const data = {
    en: new CaptionedDigits({ ...common, language: "en" }),
    zh: new CaptionedDigits({ ...common, language: "zh" }),
  };
  const numbers = Array.from({ length: count }, (_, i) => i);
  return {
    compositions: data.en.compositions(numbers),
    captions: numbers.map((i) => data[languageOf(i)].captions([i])[0]),
    languages: numbers.map(languageOf),
    pictures: (first, last) => data.en.pictures(numbers.slice(first, last)),
  };
}

/**
 * `count` compositions of two or three digits in which two colours can be exchanged without a pair that training never
 * shows, so that what is tested is which colour goes with which digit and nothing else. Both captions have the same words
 * but for the colours, and both pictures the same handwriting.
 */
export function askedPairs(count: number, seed: number): AskedPairs {
  const data = new CaptionedDigits({ split: "heldOut", pairs: "trained", digits: [2, 3], seed });
  const numbers: number[] = [];
  const swaps: Composition[] = [];
  for (let i = 0; numbers.length < count; i++) {
    const swapped = withColoursSwapped(data.composition(i));
    if (!swapped || hasHeldOutPair(swapped)) continue;
    numbers.push(i);
    swaps.push(swapped);
  }
  const languages = numbers.map((_, i) => languageOf(i));
  const set = (compositions: readonly Composition[]): AskedSet => ({
    compositions,
    languages,
    captions: compositions.map((one, i) => captionOf(one, new RandomStream(seed, "swapped words", i), languages[i])),
    pictures: (first, last) => data.paint(compositions.slice(first, last), numbers.slice(first, last)),
  });
  return { plain: set(data.compositions(numbers)), swapped: set(swaps) };
}

function hasHeldOutPair({ digits }: Composition): boolean {
  return digits.some(
    (one) =>
      heldOutDigitColours.some(({ digit, colour }) => digit === one.digit && colour === one.colour) ||
      heldOutColourPlaces.some(({ colour, place }) => colour === one.colour && place === one.place),
  );
}
