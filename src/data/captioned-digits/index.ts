/** Digits in colour with captions: the data of text to image. */
export { CaptionedDigits, type CaptionedDigitsOptions } from "./captioned-digits.js";
export { type CaptionLanguage, captionLanguages, captionOf } from "./caption.js";
export {
  type Composition,
  type DigitColour,
  digitColours,
  type DigitSize,
  digitSizes,
  type GroundColour,
  groundColours,
  type DigitPlace,
  type PlacedDigit,
  digitPlaces,
  requireComposition,
} from "./composition.js";
export type { PairChoice } from "./draw.js";
export { heldOutColourPlaces, heldOutDigitColours } from "./held-out-pairs.js";
