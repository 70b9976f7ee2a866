/** Images as CLIP's vision transformer takes them: of the mean and deviation, channel by channel, that it was trained on. */
import { requireKind } from "../../base/kinds.js";
import { requireTensor } from "../../runtime/tensor.js";
import { described, requireKnownKeys } from "../../base/check.js";
import * as tf from "../../runtime/tf.js";

/** Mean and deviation of each channel, of values in [0, 1]: `image_mean` and `image_std` of `preprocessor_config.json`. */
export interface ClipSpread {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Of OpenAI's CLIP, and of most that are published. */
export const openAiSpread: ClipSpread = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  deviation: [0.26862954, 0.26130258, 0.27577711],
};

/** What leaves images in [−1, 1] as they are, in any number of channels. */
export function plainSpread(channels: number): ClipSpread {
  requireKind("channels", channels, "a number");
  const halves = Array.from({ length: channels }, () => 0.5);
  return { mean: halves, deviation: halves };
}

/**
 * Images in [−1, 1], [N, H, W, C], as a vision model takes them: ((x + 1)/2 − mean)/deviation. Height and width stay: the
 * model's own are needed.
 *
 * @throws RangeError if the numbers of channels differ, or a deviation is not positive
 */
export function clipPixels(images: tf.Tensor4D, spread: ClipSpread = openAiSpread): tf.Tensor4D {
  requireTensor("images", images);
  const channels = images.shape[3];
  const { mean, deviation } = requireSpread("clipPixels", spread, channels);
  return tf.tidy(() => {
    const zeroToOne = tf.mul(tf.add(images, 1), 0.5);
    return tf.div(tf.sub(zeroToOne, tf.tensor1d([...mean])), tf.tensor1d([...deviation])) as tf.Tensor4D;
  });
}

/** @throws RangeError naming what is wrong, unless there is a finite mean and a positive deviation for each channel */
export function requireSpread(where: string, spread: ClipSpread, channels: number): ClipSpread {
  requireKnownKeys(where, spread, { mean: true, deviation: true });
  for (const key of ["mean", "deviation"] as const) {
    const values: unknown = spread[key];
    const fits = Array.isArray(values) && values.length === channels && values.every(Number.isFinite);
    if (!fits)
      throw new RangeError(`${where}: ${key} must be ${channels} numbers, one a channel, got ${described(values)}`);
  }
  if (!spread.deviation.every((value) => value > 0)) throw new RangeError(`${where}: each deviation must be positive`);
  return spread;
}
