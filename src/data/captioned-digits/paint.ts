/** Paints a composition: handwritten digits in colour on a coloured ground. */
import type { RandomStream } from "../../random/index.js";
import {
  type Composition,
  digitColours,
  groundColours,
  type PlacedDigit,
  digitPlaces,
  type Rgb,
} from "./composition.js";
import { type Handwriting, inkOf, noWarp, type Warp } from "./handwriting.js";

/** Pixels along a side of a picture. */
export const PICTURE_SIDE = 32;
const CHANNELS = 3;
export const PICTURE_NUMBERS = PICTURE_SIDE * PICTURE_SIDE * CHANNELS;

/** Middles of the three rows and columns, in pixels. */
const CENTRES = [5, 16, 26];

/** Pixels along a side of a digit's box. One that is alone has room. */
export function boxSide({ size }: PlacedDigit, alone: boolean): number {
  if (size === "small") return 10;
  return alone ? 20 : 13;
}

/** First row or column of a box round a middle, moved by 0 or 1 pixel, and back into the picture. */
export function boxStart(centre: number, side: number, moved: number): number {
  return Math.min(Math.max(centre - (side >> 1) + moved, 0), PICTURE_SIDE - side);
}

/** How far an augmented digit is turned (radians), stretched and sheared at most. */
const AUGMENTED = { turn: 0.2, stretch: 0.12, shear: 0.15 };

function randomWarp(stream: RandomStream): Warp {
  const between = (most: number): number => most * (2 * stream.uniform() - 1);
  const turn = between(AUGMENTED.turn);
  const [tall, wide] = [1 + between(AUGMENTED.stretch), 1 + between(AUGMENTED.stretch)];
  const shear = between(AUGMENTED.shear);
  const [sin, cos] = [Math.sin(turn), Math.cos(turn)];
  return [tall * cos, wide * -sin, tall * (sin + shear * cos), wide * (cos - shear * sin)];
}

/** A byte in [−1, 1]. */
const toUnit = (byte: number): number => byte / 127.5 - 1;

/**
 * Writes the picture, [32, 32, 3] flat in [−1, 1], into `into`. Which example of a digit is written, and whether its box is
 * moved by a pixel, is drawn from `stream`.
 *
 *   pixel = ground + ink·(colour − ground), digit after digit
 */
export function paintInto(
  into: Float32Array,
  { ground, digits }: Composition,
  stream: RandomStream,
  hand: Handwriting,
  augment: boolean,
): void {
  const base = groundColours[ground];
  for (let c = 0; c < CHANNELS; c++) {
    const value = toUnit(base[c]);
    for (let i = c; i < PICTURE_NUMBERS; i += CHANNELS) into[i] = value;
  }
  for (const one of digits) {
    const examples = hand.examples[one.digit];
    const example = examples[stream.integer(0, examples.length)];
    const side = boxSide(one, digits.length === 1);
    const at = digitPlaces.indexOf(one.place);
    const top = boxStart(CENTRES[Math.floor(at / 3)], side, stream.integer(0, 2));
    const left = boxStart(CENTRES[at % 3], side, stream.integer(0, 2));
    const ink = inkOf(hand, example, side, augment ? randomWarp(stream) : noWarp);
    lay(into, ink, side, top, left, digitColours[one.colour]);
  }
}

function lay(into: Float32Array, ink: Float32Array, side: number, top: number, left: number, colour: Rgb): void {
  const target = colour.map(toUnit);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const share = ink[y * side + x];
      if (share === 0) continue;
      const at = ((top + y) * PICTURE_SIDE + left + x) * CHANNELS;
      for (let c = 0; c < CHANNELS; c++) into[at + c] += share * (target[c] - into[at + c]);
    }
  }
}
