/** Whether pictures show what their captions ask for, fact by fact. */
import { requireKind } from "../base/kinds.js";
import { requireList } from "../base/values.js";
import { described } from "../base/check.js";
import { type Composition, type PlacedDigit, requireComposition } from "../data/index.js";

/** How often something was right. */
export interface ShareCount {
  readonly right: number;
  readonly of: number;
}

/** What was found in pictures of what was asked for. */
export interface Obedience {
  /** Of the digits asked for: there is a digit at the place. */
  readonly place: ShareCount;
  /** Of the digits asked for: what stands at the place is this digit; has this colour; has this size. */
  readonly digit: ShareCount;
  readonly colour: ShareCount;
  readonly size: ShareCount;
  /** Of the digits asked for: digit, colour and place, all three. */
  readonly bound: ShareCount;
  /** Of the pictures: the ground is the one asked for. */
  readonly ground: ShareCount;
  /** Of the pictures: no digit stands where none was asked for. */
  readonly nothingExtra: ShareCount;
  /** Of the pictures: every fact is right and nothing is extra. */
  readonly whole: ShareCount;
  /** {@link whole} by the number of digits asked for. */
  readonly wholeByDigits: Readonly<Record<number, ShareCount>>;
}

type Fact = Exclude<keyof Obedience, "wholeByDigits">;

/**
 * Compares what a judge reads in pictures with what was asked for.
 *
 * A digit that is missing is wrong in each of its facts. Facts multiply: where each of the four facts of a digit is right
 * with probability p, and the ground too, a caption of k digits is right with p^(4k + 1) if they are independent.
 *
 * @param asked what each picture should show
 * @param read what it shows, as `readCompositions` of a detector gives it
 * @throws RangeError for lists of different lengths, an empty one, or what is no composition in `asked`
 */
export function obedience(asked: readonly Composition[], read: readonly Composition[]): Obedience {
  requireList("asked", asked, "compositions");
  requireList("read", read, "compositions");
  requirePairs(asked, read);
  const counts = Object.fromEntries(FACTS.map((fact) => [fact, { right: 0, of: 0 }])) as Record<
    Fact,
    { right: number; of: number }
  >;
  const add = (fact: Fact, right: boolean): void => {
    counts[fact].of += 1;
    if (right) counts[fact].right += 1;
  };
  const wholeByDigits: Record<number, ShareCount> = {};
  asked.forEach((wanted, i) => {
    const shown = read[i];
    const verdicts = wanted.digits.map((one) => verdict(one, shown));
    for (const found of verdicts) for (const fact of DIGIT_FACTS) add(fact, found[fact]);
    const ground = shown.ground === wanted.ground;
    const nothingExtra = shown.digits.every(({ place }) => wanted.digits.some((one) => one.place === place));
    const whole = ground && nothingExtra && verdicts.every((found) => DIGIT_FACTS.every((fact) => found[fact]));
    add("ground", ground);
    add("nothingExtra", nothingExtra);
    add("whole", whole);
    const { right, of } = wholeByDigits[wanted.digits.length] ?? { right: 0, of: 0 };
    wholeByDigits[wanted.digits.length] = { right: right + Number(whole), of: of + 1 };
  });
  return { ...counts, wholeByDigits };
}

const DIGIT_FACTS = ["place", "digit", "colour", "size", "bound"] as const;
const FACTS = [...DIGIT_FACTS, "ground", "nothingExtra", "whole"] as const;

function verdict(wanted: PlacedDigit, shown: Composition): Record<(typeof DIGIT_FACTS)[number], boolean> {
  const found = shown.digits.find(({ place }) => place === wanted.place);
  const digit = found?.digit === wanted.digit;
  const colour = found?.colour === wanted.colour;
  return { place: found !== undefined, digit, colour, size: found?.size === wanted.size, bound: digit && colour };
}

/**
 * A composition in which two digits have changed colours, for the test of binding: drawn from the same noise, does each
 * colour go with its digit? Undefined where no two digits differ in colour. The first two that do are taken.
 *
 * @throws RangeError, TypeError as {@link requireComposition}
 */
export function withColoursSwapped(composition: Composition): Composition | undefined {
  requireComposition(composition);
  const { ground, digits } = composition;
  const first = digits.findIndex((one) => digits.some(({ colour }) => colour !== one.colour));
  if (first < 0) return undefined;
  const second = digits.findIndex(({ colour }, i) => i > first && colour !== digits[first].colour);
  const colours = digits.map(({ colour }) => colour);
  [colours[first], colours[second]] = [colours[second], colours[first]];
  return { ground, digits: digits.map((one, i) => ({ ...one, colour: colours[i] })) };
}

/**
 * In how many pairs of pictures, of a composition and of the same with colours swapped ({@link withColoursSwapped}) from the
 * same noise, every digit asked for has its colour in both.
 *
 * @throws RangeError for lists of different lengths, an empty one, or what is no composition in `asked` and `askedSwapped`
 */
export function colourBinding(
  asked: readonly Composition[],
  read: readonly Composition[],
  askedSwapped: readonly Composition[],
  readSwapped: readonly Composition[],
): ShareCount {
  requireList("asked", asked, "compositions");
  requireList("read", read, "compositions");
  requireList("askedSwapped", askedSwapped, "compositions");
  requireList("readSwapped", readSwapped, "compositions");
  requirePairs(asked, read);
  requirePairs(askedSwapped, readSwapped);
  if (asked.length !== askedSwapped.length) {
    throw new RangeError(`${asked.length} compositions need as many with colours swapped, got ${askedSwapped.length}`);
  }
  const right = (wanted: Composition, shown: Composition): boolean =>
    wanted.digits.every((one) => verdict(one, shown).colour);
  const both = asked.filter((one, i) => right(one, read[i]) && right(askedSwapped[i], readSwapped[i]));
  return { right: both.length, of: asked.length };
}

function requirePairs(asked: readonly Composition[], read: readonly Composition[]): void {
  for (const [what, list] of Object.entries({ asked, read })) {
    if (!Array.isArray(list)) throw new TypeError(`${what} must be a list of compositions, got ${described(list)}`);
  }
  if (asked.length === 0 || asked.length !== read.length) {
    throw new RangeError(`${asked.length} compositions asked for and ${read.length} read: give one or more of each`);
  }
  asked.forEach(requireComposition);
  // What is read may be no composition that could be asked for: no digit, or two at one place.
  for (const { ground, digits } of read) {
    requireKind("ground of what is read", ground, "a text");
    requireList("digits of what is read", digits, "digits");
    for (const digit of digits) requireKind("a digit of what is read", digit, "an object");
  }
}
