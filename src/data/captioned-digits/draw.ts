/** Draws compositions at random: how many digits, which, where, in what colour and size. */
import type { RandomStream } from "../../random/index.js";
import {
  areNeighbours,
  COLOURS,
  type Composition,
  type DigitColour,
  digitSizes,
  GROUNDS,
  type DigitPlace,
  type PlacedDigit,
  digitPlaces,
} from "./composition.js";
import { isHeldOutColourPlace, isHeldOutDigitColour } from "./held-out-pairs.js";

/**
 * Which pairs of facts appear: those of training alone, or in each composition one digit in a colour, or one colour at a
 * place, that training never shows (and the other facts as in training), or all.
 */
export const pairChoices = ["trained", "new digit and colour", "new colour and place", "all"] as const;
export type PairChoice = (typeof pairChoices)[number];

interface Pair {
  readonly digit: number;
  readonly colour: DigitColour;
}

/** What a digit at each place may be, by the choice of pairs. */
const allowed: Readonly<Record<PairChoice, readonly (readonly Pair[])[]>> = {
  trained: digitPlaces.map((place) => pairsAt(place, "trained")),
  "new digit and colour": digitPlaces.map((place) => pairsAt(place, "new digit and colour")),
  "new colour and place": digitPlaces.map((place) => pairsAt(place, "new colour and place")),
  all: digitPlaces.map((place) => pairsAt(place, "all")),
};

function pairsAt(place: DigitPlace, choice: PairChoice): Pair[] {
  const all = Array.from({ length: 10 }, (_, digit) => COLOURS.map((colour) => ({ digit, colour }))).flat();
  if (choice === "all") return all;
  return all.filter(
    ({ digit, colour }) =>
      isHeldOutDigitColour(digit, colour) === (choice === "new digit and colour") &&
      isHeldOutColourPlace(colour, place) === (choice === "new colour and place"),
  );
}

function pick<T>(stream: RandomStream, list: readonly T[]): T {
  return list[stream.integer(0, list.length)];
}

/**
 * A composition of `least` to `most` digits, each number equally likely. Places are drawn without replacement, digit and
 * colour together from the pairs that are allowed, sizes evenly, but no large digit beside another.
 */
export function drawComposition(stream: RandomStream, least: number, most: number, pairs: PairChoice): Composition {
  const count = stream.integer(least, most + 1);
  const ground = pick(stream, GROUNDS);
  const order = [...stream.permutation(digitPlaces.length)];
  // The first digit has the new pair; one place has no new colour.
  const first = order.findIndex((place) => allowed[pairs][place].length > 0);
  order.unshift(...order.splice(first, 1));
  const digits: PlacedDigit[] = [];
  for (const index of order.slice(0, count)) {
    const place = digitPlaces[index];
    const choice = digits.length === 0 || pairs === "all" ? pairs : "trained";
    const { digit, colour } = pick(stream, allowed[choice][index]);
    const drawn = pick(stream, digitSizes);
    const crowded = digits.some((other) => other.size === "large" && areNeighbours(other.place, place));
    digits.push({ digit, colour, place, size: crowded ? "small" : drawn });
  }
  return { ground, digits };
}
