/** Pictures read by a detector, as compositions. */
import { requireTensor } from "../../runtime/tensor.js";
import { requireLike } from "../../base/values.js";
import {
  type Composition,
  type DigitColour,
  digitColours,
  digitPlaces,
  digitSizes,
  type GroundColour,
  groundColours,
} from "../../data/index.js";
import type { DigitDetector } from "../../networks/index.js";
import * as tf from "../../runtime/tf.js";

const COLOURS = Object.keys(digitColours) as DigitColour[];
const GROUNDS = Object.keys(groundColours) as GroundColour[];
/** Pictures looked at together: memory stays below 200 MB. */
const AT_ONCE = 250;

/**
 * What the detector sees in each picture: the likeliest ground, and at each place where a digit is likelier than none the
 * likeliest digit, colour and size. Digits are in the order of `digitPlaces`.
 *
 * @param pictures [N, 32, 32, 3] in [−1, 1]; they stay the caller's
 * @throws RangeError for pictures of another shape
 */
export function readCompositions(detector: DigitDetector, pictures: tf.Tensor4D): Composition[] {
  requireLike("detector", detector, ["logits"], "loadDetector(folder)");
  requireTensor("pictures", pictures, "float", 4);
  const read: Composition[] = [];
  for (let from = 0; from < pictures.shape[0]; from += AT_ONCE) {
    const count = Math.min(AT_ONCE, pictures.shape[0] - from);
    const likeliest = tf.tidy(() => {
      const logits = detector.logits(tf.slice(pictures, from, count));
      const best = (one: tf.Tensor): Int32Array => tf.argMax(one, -1).dataSync() as Int32Array;
      return {
        digit: best(logits.digit),
        colour: best(logits.colour),
        size: best(logits.size),
        ground: best(logits.ground),
      };
    });
    for (let i = 0; i < count; i++) {
      const digits = digitPlaces.flatMap((place, k) => {
        const at = i * digitPlaces.length + k;
        const digit = likeliest.digit[at] - 1;
        if (digit < 0) return [];
        return [{ digit, colour: COLOURS[likeliest.colour[at]], place, size: digitSizes[likeliest.size[at]] }];
      });
      read.push({ ground: GROUNDS[likeliest.ground[i]], digits });
    }
  }
  return read;
}
