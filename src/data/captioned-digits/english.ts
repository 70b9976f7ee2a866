/** English captions of a composition: "a large green 7 at the top left on a navy background", and other wordings of it. */
import type { RandomStream } from "../../random/index.js";
import type { Composition, DigitSize, GroundColour, DigitPlace, PlacedDigit } from "./composition.js";

const SIZES: Readonly<Record<DigitSize, readonly string[]>> = { small: ["small", "little"], large: ["large", "big"] };

const PLACES: Readonly<Record<DigitPlace, readonly string[]>> = {
  "top left": ["at the top left", "in the top left corner", "in the upper left corner"],
  top: ["at the top", "at the top centre"],
  "top right": ["at the top right", "in the top right corner", "in the upper right corner"],
  left: ["on the left", "on the left side"],
  centre: ["in the centre", "in the middle"],
  right: ["on the right", "on the right side"],
  "bottom left": ["at the bottom left", "in the bottom left corner", "in the lower left corner"],
  bottom: ["at the bottom", "at the bottom centre"],
  "bottom right": ["at the bottom right", "in the bottom right corner", "in the lower right corner"],
};

const WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/** "a red one" would speak of something red: a digit's word follows "number". */
const NAMES: readonly ((digit: number) => string)[] = [
  String,
  (digit) => `digit ${digit}`,
  (digit) => `number ${digit}`,
  (digit) => `number ${WORDS[digit]}`,
];

function pick<T>(stream: RandomStream, list: readonly T[]): T {
  return list[stream.integer(0, list.length)];
}

/** "a large green 7". */
function named({ digit, colour, size }: PlacedDigit, stream: RandomStream): string {
  return `a ${pick(stream, SIZES[size])} ${colour} ${pick(stream, NAMES)(digit)}`;
}

// Within one caption every place stands on the same side of its digit: else a place between two digits could be either's.
const placeLast = (one: PlacedDigit, stream: RandomStream): string =>
  `${named(one, stream)} ${pick(stream, PLACES[one.place])}`;
const placeFirst = (one: PlacedDigit, stream: RandomStream): string =>
  `${pick(stream, PLACES[one.place])} ${named(one, stream)}`;

type Frame = (ground: GroundColour, list: (phrase: typeof placeLast) => string) => string;

const FRAMES: readonly Frame[] = [
  (ground, list) => `${list(placeLast)} on a ${ground} background`,
  (ground, list) => `${list(placeLast)}, the background is ${ground}`,
  (ground, list) => `on a ${ground} background, ${list(placeLast)}`,
  (ground, list) => `on a ${ground} background, ${list(placeFirst)}`,
  (ground, list) => `a ${ground} background with ${list(placeLast)}`,
];

/** "A", "A and B", "A, B and C". */
function joined(phrases: readonly string[]): string {
  return phrases.length === 1 ? phrases[0] : `${phrases.slice(0, -1).join(", ")} and ${phrases.at(-1)}`;
}

/** One wording, drawn from `stream`; the digits are named in the order given. */
export function englishCaption({ ground, digits }: Composition, stream: RandomStream): string {
  const frame = pick(stream, FRAMES);
  return frame(ground, (phrase) => joined(digits.map((one) => phrase(one, stream))));
}
