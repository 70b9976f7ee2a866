/** Pictures of one to three digits in colour with captions: made by (seed, index), without end. */
import { requireKind } from "../../base/kinds.js";
import { requireKnownKeys } from "../../base/check.js";
import { requireChoice, shownNumber, requireNumbers, requireList } from "../../base/values.js";
import { RandomStream } from "../../random/index.js";
import type { LoadDigitsOptions } from "../digits.js";
import { type CaptionLanguage, captionLanguages, captionOf } from "./caption.js";
import { type Composition, digitPlaces, requireComposition } from "./composition.js";
import { drawComposition, pairChoices, type PairChoice } from "./draw.js";
import { type Handwriting, handwriting } from "./handwriting.js";
import { paintInto, PICTURE_NUMBERS, PICTURE_SIDE } from "./paint.js";

/** Which compositions, and by whose hand. */
export interface CaptionedDigitsOptions {
  /** Whose digits are written: those of `loadDigits({ split })`, 9000 to train on or 1000 others. */
  readonly split: LoadDigitsOptions["split"];
  /** Default 0. */
  readonly seed?: number;
  /** Fewest and most digits of a picture, from 0 to 9, each number equally likely. Default [1, 3]. */
  readonly digits?: readonly [least: number, most: number];
  /**
   * Which pairs of facts appear. Default "trained": none that is held out. With "new digit and colour", each composition
   * has one digit in a colour that training never shows it in; with "new colour and place", one colour at such a place; with
   * "all" they are drawn like the others, as a judge should know them.
   */
  readonly pairs?: PairChoice;
  /** Language of the captions; default "both": each is English or Chinese with equal chance. */
  readonly language?: CaptionLanguage | "both";
  /** Whether digits are also turned, stretched and sheared a little at random, as a training of a judge wants. Default false. */
  readonly augment?: boolean;
}

/**
 * Compositions of digits in colour on a coloured ground, as pictures of 32 × 32 pixels and as captions.
 *
 * Everything about number i is a pure function of the options and i, so batches of any size hold the same, and there are
 * 2³² of them for a seed. Digits are 10 pixels ("small") or 13 ("large") high, 20 ("large") where one is alone, in nine
 * places; two large ones never stand next to each other. 128 pictures take 9 ms of one core, 128 captions 2 ms.
 *
 * @example
 * const data = new CaptionedDigits({ split: "train" });
 * const pictures = data.pictures([0, 1, 2]); // Float32Array of 3·32·32·3, in [−1, 1]
 * const captions = data.captions([0, 1, 2]); // ["a large green 7 at the top left on a navy background", …]
 *
 * @throws RangeError for an unknown option or value, or a seed that is no whole number ≥ 0
 */
export class CaptionedDigits {
  /** Of one picture: rows, columns, channels. */
  readonly shape = [PICTURE_SIDE, PICTURE_SIDE, 3] as const;
  private readonly seed: number;
  private readonly range: readonly [number, number];
  private readonly pairs: PairChoice;
  private readonly language: CaptionLanguage | "both";
  private readonly augment: boolean;
  private readonly hand: Handwriting;
  private readonly purpose: string;

  constructor(options: CaptionedDigitsOptions) {
    const known = { split: true, seed: true, digits: true, pairs: true, language: true, augment: true } as const;
    requireKnownKeys("CaptionedDigits", options, known);
    const { split, seed = 0, digits = [1, 3], pairs = "trained", language = "both", augment = false } = options;
    requireChoice("split", split, ["train", "heldOut"]);
    requireCounts(digits, pairs);
    requireChoice("pairs", pairs, pairChoices);
    requireChoice("language", language, [...captionLanguages, "both"]);
    requireChoice("augment", augment, [true, false]);
    // Refuses what is no seed.
    new RandomStream(seed);
    this.seed = seed;
    this.range = digits;
    this.pairs = pairs;
    this.language = language;
    this.augment = augment;
    this.purpose = `captioned digits, ${split}`;
    this.hand = handwriting(split);
  }

  /** The facts of number `index`. @throws RangeError unless it is a whole number 0 … 2³² − 1 */
  composition(index: number): Composition {
    return drawComposition(this.stream("facts", index), ...this.range, this.pairs);
  }

  /** {@link composition} of each index. */
  compositions(indices: ArrayLike<number>): Composition[] {
    requireNumbers("indices", indices);
    return Array.from(indices, (index) => this.composition(index));
  }

  /**
   * The pictures of these numbers, [N, 32, 32, 3] flat in [−1, 1].
   *
   * @throws RangeError for an index that is no whole number 0 … 2³² − 1
   */
  pictures(indices: ArrayLike<number>): Float32Array {
    requireNumbers("indices", indices);
    return this.paint(this.compositions(indices), indices);
  }

  /**
   * Pictures of given compositions, painted as those of the numbers `indices` would be: the same composition at another
   * index is written by another hand.
   *
   * @param indices default 0, 1, 2, …
   * @throws RangeError, TypeError for what is no composition, or for another number of indices
   */
  paint(
    compositions: readonly Composition[],
    indices: ArrayLike<number> = Array.isArray(compositions) ? compositions.map((_, i) => i) : [],
  ): Float32Array {
    requireList("compositions", compositions, "compositions");
    requireNumbers("indices", indices);
    compositions.forEach(requireComposition);
    if (indices.length !== compositions.length) {
      throw new RangeError(`${compositions.length} compositions need as many indices, got ${indices.length}`);
    }
    const pictures = new Float32Array(compositions.length * PICTURE_NUMBERS);
    compositions.forEach((composition, i) => {
      const into = pictures.subarray(i * PICTURE_NUMBERS, (i + 1) * PICTURE_NUMBERS);
      paintInto(into, composition, this.stream("hand", indices[i]), this.hand, this.augment);
    });
    return pictures;
  }

  /**
   * A caption of each of these numbers.
   *
   * @param wording another whole number gives other words for the same facts (and, with both languages, another language);
   *   an epoch, say. Default 0
   * @throws RangeError for an index that is out of range, or where a composition has no digit
   */
  captions(indices: ArrayLike<number>, wording = 0): string[] {
    requireKind("wording", wording, "a number");
    requireNumbers("indices", indices);
    return Array.from(indices, (index) => {
      const stream = this.stream(`words ${wording}`, index);
      const language = this.language === "both" ? captionLanguages[stream.integer(0, 2)] : this.language;
      return captionOf(this.composition(index), stream, language);
    });
  }

  private stream(purpose: string, index: number): RandomStream {
    return new RandomStream(this.seed, `${this.purpose}: ${purpose}`, index);
  }
}

function requireCounts(digits: readonly [number, number], pairs: PairChoice): void {
  const [least, most] = Array.isArray(digits) ? digits : [NaN, NaN];
  if (Number.isInteger(least) && Number.isInteger(most) && least >= 0 && least <= most && most <= digitPlaces.length) {
    if (least > 0 || pairs === "trained" || pairs === "all") return;
    throw new RangeError(`pairs "${pairs}" needs a digit in each picture: let digits begin at 1`);
  }
  const given = Array.isArray(digits) ? `[${digits.map(shownNumber).join(", ")}]` : shownNumber(digits);
  throw new RangeError(`digits must be two whole numbers, 0 ≤ fewest ≤ most ≤ 9, got ${given}`);
}
