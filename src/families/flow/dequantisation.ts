/** Grey levels as real numbers: uniform dequantisation, and back. */
import { requireKind } from "../../base/kinds.js";
import { requireNumbers } from "../../base/values.js";
import { requireStream } from "../../random/stream.js";
import type { RandomStream } from "../../random/index.js";

/** Levels of 8-bit data. */
export const LEVELS = 256;
/** How far from a level a number may be, in levels: float32 keeps levels to 1e-5, and float16 to 0.07. */
const TOLERANCE = 0.1;

/**
 * The levels v = 0 … 255 of images in [−1, 1] as a `Normaliser` makes them: x = 2·v/255 − 1.
 *
 * @param size numbers an image, for messages
 * @throws RangeError naming the first value that lies on no level
 */
export function greyLevels(what: string, images: Float32Array, size: number): Uint8Array {
  requireKind("size", size, "a number");
  requireKind("what", what, "a text");
  requireNumbers(what, images);
  return Uint8Array.from(images, (x, i) => {
    const level = ((x + 1) / 2) * (LEVELS - 1);
    const nearest = Math.round(level);
    if (Math.abs(level - nearest) <= TOLERANCE && nearest >= 0 && nearest < LEVELS) return nearest;
    throw new RangeError(
      `example ${Math.floor(i / size)} of the ${what} holds ${x}, which is none of the ${LEVELS} grey levels 2·v/255 − 1, ` +
        "v = 0 … 255: this flow gives 8-bit images a likelihood; make them with new Normaliser().encode(bytes)",
    );
  });
}

/**
 * x = (v + u)/256 in [0, 1) with u uniform in [0, 1): noise spreads every level over its bin, so that a density p(x) has
 * a meaning for v. ln P(v) ≥ E_u ln p(x) − D·ln 256.
 *
 * Source: Theis, van den Oord & Bethge 2016, "A note on the evaluation of generative models", section 3.1.
 */
export function dequantised(levels: Uint8Array, stream: RandomStream): Float32Array {
  requireNumbers("levels", levels);
  requireStream(stream);
  const noise = stream.uniforms(levels.length);
  return noise.map((u, i) => (levels[i] + u) / LEVELS);
}

/** ln P(v) − ln p(x) for x in [0, 1): the bins' width 1/256, D times. */
export function logBinVolume(size: number): number {
  return -size * Math.log(LEVELS);
}

/** ln P(v) − ln p(x) for images x in [−1, 1]: the levels' width 2/255, D times. */
export function logLevelVolume(size: number): number {
  return size * Math.log(2 / (LEVELS - 1));
}
