/** Captions of a composition in English and Chinese, worded and ordered at random. */
import { requireStream } from "../../random/stream.js";
import { requireChoice } from "../../base/values.js";
import type { RandomStream } from "../../random/index.js";
import { chineseCaption } from "./chinese.js";
import { type Composition, requireComposition } from "./composition.js";
import { englishCaption } from "./english.js";

export const captionLanguages = ["en", "zh"] as const;
export type CaptionLanguage = (typeof captionLanguages)[number];

const WRITE = { en: englishCaption, zh: chineseCaption } as const;

/**
 * A caption that states the composition's facts and nothing else: the ground, and of each digit its size, colour, value and
 * place. The order of the digits, the frame of the sentence and synonyms are drawn from `stream`.
 *
 * @example captionOf(composition, new RandomStream(7, "caption"), "en") // "on a navy background, a large green 7 at the top left"
 * @throws RangeError, TypeError as {@link requireComposition}; RangeError for an unknown language, or without a digit
 */
export function captionOf(composition: Composition, stream: RandomStream, language: CaptionLanguage): string {
  requireStream(stream);
  requireComposition(composition);
  requireChoice("language", language, captionLanguages);
  if (composition.digits.length === 0) {
    throw new RangeError(
      "a caption names at least one digit, and this composition has none: add one, or use no caption",
    );
  }
  const order = stream.permutation(composition.digits.length);
  const digits = Array.from(order, (i) => composition.digits[i]);
  return WRITE[language]({ ...composition, digits }, stream);
}
