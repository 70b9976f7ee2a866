/** Pairs of facts that training never shows together, so that evaluation can ask for what was never seen. */
import { COLOURS, type DigitColour, type DigitPlace, digitPlaces } from "./composition.js";

// One pair for each colour, each with another digit and another place: every fact is seen in training with almost every
// other, and none is seen less than the rest. 3 and 10, and 4 and 9, have no common factor.

/** 8 of the 80 pairs of digit and colour (10 %). */
export const heldOutDigitColours: readonly { readonly digit: number; readonly colour: DigitColour }[] = COLOURS.map(
  (colour, i) => ({ digit: (3 * i + 1) % 10, colour }),
);

/** 8 of the 72 pairs of colour and place (11 %). */
export const heldOutColourPlaces: readonly { readonly colour: DigitColour; readonly place: DigitPlace }[] = COLOURS.map(
  (colour, i) => ({ colour, place: digitPlaces[(4 * i + 2) % 9] }),
);

/** Whether training never shows this digit in this colour. */
export function isHeldOutDigitColour(digit: number, colour: DigitColour): boolean {
  return heldOutDigitColours.some((pair) => pair.digit === digit && pair.colour === colour);
}

/** Whether training never shows this colour at this place. */
export function isHeldOutColourPlace(colour: DigitColour, place: DigitPlace): boolean {
  return heldOutColourPlaces.some((pair) => pair.colour === colour && pair.place === place);
}
