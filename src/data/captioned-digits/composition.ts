/** A composition: the facts of which a picture of digits and its captions are made. */
import { described, requireKnownKeys } from "../../base/check.js";
import { requireChoice, shownNumber } from "../../base/values.js";

/** Bytes of red, green and blue. */
export type Rgb = readonly [number, number, number];

/** Colours of digits. */
export const digitColours = {
  red: [230, 40, 40],
  orange: [245, 140, 20],
  yellow: [240, 230, 50],
  green: [40, 190, 60],
  cyan: [60, 220, 230],
  blue: [70, 90, 245],
  purple: [190, 70, 220],
  white: [250, 250, 250],
} as const satisfies Readonly<Record<string, Rgb>>;
export type DigitColour = keyof typeof digitColours;

/** Colours of the ground, none of them a digit's: the brightest channel of each is darker than that of any digit. */
export const groundColours = {
  black: [10, 10, 10],
  grey: [95, 95, 95],
  navy: [10, 15, 90],
  brown: [85, 45, 15],
} as const satisfies Readonly<Record<string, Rgb>>;
export type GroundColour = keyof typeof groundColours;

/** the nine places, row by row. */
export const digitPlaces = [
  "top left",
  "top",
  "top right",
  "left",
  "centre",
  "right",
  "bottom left",
  "bottom",
  "bottom right",
] as const;
export type DigitPlace = (typeof digitPlaces)[number];

export const digitSizes = ["small", "large"] as const;
export type DigitSize = (typeof digitSizes)[number];

export const COLOURS = Object.keys(digitColours) as readonly DigitColour[];
export const GROUNDS = Object.keys(groundColours) as readonly GroundColour[];

/** One digit of a composition. */
export interface PlacedDigit {
  /** 0 … 9. */
  readonly digit: number;
  readonly colour: DigitColour;
  readonly place: DigitPlace;
  readonly size: DigitSize;
}

/** What a picture shows and a caption says, and no more: which hand wrote the digits is not among it. */
export interface Composition {
  readonly ground: GroundColour;
  /** At most one a place, at most nine; their order means nothing. */
  readonly digits: readonly PlacedDigit[];
}

/** Whether two places lie beside, above or below each other. */
export function areNeighbours(a: DigitPlace, b: DigitPlace): boolean {
  const [i, j] = [digitPlaces.indexOf(a), digitPlaces.indexOf(b)];
  return Math.abs((i % 3) - (j % 3)) + Math.abs(Math.floor(i / 3) - Math.floor(j / 3)) === 1;
}

/**
 * Refuses what is no composition.
 *
 * @throws TypeError for what is no object of ground and digits
 * @throws RangeError naming the fact that is wrong and what is allowed: an unknown colour, ground, place or size, a digit
 *   that is no whole number 0 … 9, two digits in one place, two large ones in neighbouring places (they would overlap)
 */
export function requireComposition(composition: Composition): void {
  requireKnownKeys("a composition", composition, { ground: true, digits: true });
  const { ground, digits } = composition;
  requireChoice("ground", ground, GROUNDS);
  if (!Array.isArray(digits)) throw new TypeError(`digits must be a list of digits, got ${described(digits)}`);
  digits.forEach(requireDigit);
  digits.forEach((one, i) => {
    for (const other of digits.slice(0, i)) {
      if (other.place === one.place) {
        throw new RangeError(
          `two digits are at "${one.place}", ${other.digit} and ${one.digit}: give each its own place`,
        );
      }
      if (one.size === "large" && other.size === "large" && areNeighbours(one.place, other.place)) {
        throw new RangeError(
          `the large digits at "${other.place}" and "${one.place}" would overlap: make one small, or move it`,
        );
      }
    }
  });
}

function requireDigit(one: PlacedDigit): void {
  requireKnownKeys("a digit of a composition", one, { digit: true, colour: true, place: true, size: true });
  if (!Number.isInteger(one.digit) || one.digit < 0 || one.digit > 9) {
    throw new RangeError(`a digit must be a whole number 0 … 9, got ${shownNumber(one.digit)}`);
  }
  requireChoice("colour", one.colour, COLOURS);
  requireChoice("place", one.place, digitPlaces);
  requireChoice("size", one.size, digitSizes);
}
