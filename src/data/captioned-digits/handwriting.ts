/** Handwritten digits at any size and slant, sampled from those of {@link loadDigits}. */
import { loadDigits, type LoadDigitsOptions } from "../digits.js";

const SIDE = 28;
/** MNIST's digits fill a box of 20 × 20 pixels. */
const BOX = 20;
/** Bytes from here on are ink when the box is looked for. */
const INK = 32;

/** Digits of one part of the data, by what they show. */
export interface Handwriting {
  readonly images: Uint8Array;
  /** Indices of the examples of each digit. */
  readonly examples: readonly (readonly number[])[];
  /** Row and column of the middle of each example's ink, in pixels from the corner. */
  readonly centres: Uint8Array;
}

const loaded = new Map<string, Handwriting>();

/** Read once; later calls return the same object. @throws as {@link loadDigits} */
export function handwriting(split: LoadDigitsOptions["split"]): Handwriting {
  const known = loaded.get(split);
  if (known) return known;
  const { images, labels, count } = loadDigits({ split });
  const examples: number[][] = Array.from({ length: 10 }, () => []);
  const centres = new Uint8Array(2 * count);
  for (let i = 0; i < count; i++) {
    examples[labels[i]].push(i);
    centres.set(inkCentre(images.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE)), 2 * i);
  }
  const made = { images, examples, centres };
  loaded.set(split, made);
  return made;
}

/** The middle of the box round the ink; MNIST centres by mass, which would let a box of 20 pixels cut some digits. */
function inkCentre(image: Uint8Array): [row: number, column: number] {
  let [top, bottom, left, right] = [SIDE, -1, SIDE, -1];
  image.forEach((value, i) => {
    if (value < INK) return;
    const [y, x] = [Math.floor(i / SIDE), i % SIDE];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
  });
  return bottom < 0 ? [SIDE / 2, SIDE / 2] : [(top + bottom + 1) >> 1, (left + right + 1) >> 1];
}

/** A linear map of the plane, row by row: from the pixels of a written digit (y, x) to those it is sampled at. */
export type Warp = readonly [yy: number, yx: number, xy: number, xx: number];
export const noWarp: Warp = [1, 0, 0, 1];

/**
 * Ink of an example in a square of `side` pixels, 0 … 1, row by row: the box of 20 × 20 pixels round its ink, shrunk.
 *
 * A pixel is the mean of n × n samples of the image, interpolated bilinearly, n = ⌈20/side⌉, so that a shrunk digit does
 * not alias; at 20 pixels and without a warp they are the image's own.
 */
export function inkOf(hand: Handwriting, example: number, side: number, warp: Warp = noWarp): Float32Array {
  const [middleY, middleX] = [hand.centres[2 * example], hand.centres[2 * example + 1]];
  const image = hand.images.subarray(example * SIDE * SIDE, (example + 1) * SIDE * SIDE);
  const samples = Math.ceil(BOX / side);
  const [scale, weight] = [BOX / (side * samples), 1 / (255 * samples * samples)];
  const half = (side * samples) / 2;
  const ink = new Float32Array(side * side);
  for (let v = 0; v < side * samples; v++) {
    const row = Math.floor(v / samples) * side;
    const dy = (v + 0.5 - half) * scale;
    for (let u = 0; u < side * samples; u++) {
      const dx = (u + 0.5 - half) * scale;
      // Pixel i of the image covers i … i + 1.
      const y = middleY + warp[0] * dy + warp[1] * dx - 0.5;
      const x = middleX + warp[2] * dy + warp[3] * dx - 0.5;
      ink[row + Math.floor(u / samples)] += weight * interpolated(image, y, x);
    }
  }
  return ink;
}

/** Bilinear; beyond the edge there is no ink. */
function interpolated(image: Uint8Array, y: number, x: number): number {
  const [top, left] = [Math.floor(y), Math.floor(x)];
  if (top < 0 || left < 0 || top >= SIDE - 1 || left >= SIDE - 1) return 0;
  const at = top * SIDE + left;
  const [down, right] = [y - top, x - left];
  const upper = image[at] + right * (image[at + 1] - image[at]);
  const lower = image[at + SIDE] + right * (image[at + SIDE + 1] - image[at + SIDE]);
  return upper + down * (lower - upper);
}
