/** What is left of a picture that a network has to complete: half its resolution, or all but a hole. */
import { RandomStream } from "../../random/index.js";
import * as tf from "../../runtime/tf.js";

/** Each is a condition that enters by concatenation. */
export const restorationTasks = ["super-resolution", "inpainting"] as const;
export type RestorationTask = (typeof restorationTasks)[number];

/** How much smaller a picture is that super-resolution begins with, across and down. */
export const SCALE = 2;

/** Channels of the condition, for pictures of so many: the small picture enlarged, or the mask and what it leaves. */
export function conditionChannels(task: RestorationTask, channels: number): number {
  return task === "super-resolution" ? channels : channels + 1;
}

/** A picture at half its resolution: each pixel the mean of four, [N, H, W, C] → [N, H/2, W/2, C]. */
export function reduced(x: tf.Tensor4D): tf.Tensor4D {
  return tf.avgPool(x, SCALE, SCALE, "valid");
}

/** Each pixel four times: what the network is shown of a small picture. */
export function enlarged(small: tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = small.shape;
  return tf.image.resizeNearestNeighbor(small, [SCALE * height, SCALE * width]);
}

/** Mask m, 1 where the picture is to be drawn, and x·(1 − m): [N, H, W, 1 + C]. Rombach et al. 2022, section 4.5. */
export function masked(x: tf.Tensor4D, mask: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => tf.concat([mask, tf.mul(x, tf.sub(1, mask))], -1) as tf.Tensor4D);
}

/** Sides of a hole, as shares of the picture's. */
const [LEAST, MOST] = [0.3, 0.7];

/** A rectangle of ones for each of `count` examples, [count, H, W, 1]; example i depends on the seed and `first` + i alone. */
export function holes(
  { count, height, width }: { readonly count: number; readonly height: number; readonly width: number },
  { seed, purpose, first }: { readonly seed: number; readonly purpose: string; readonly first: number },
): tf.Tensor4D {
  const values = new Float32Array(count * height * width);
  for (let i = 0; i < count; i++) {
    const stream = new RandomStream(seed, purpose, first + i);
    const side = (whole: number): number => stream.integer(Math.ceil(LEAST * whole), Math.floor(MOST * whole) + 1);
    const [high, wide] = [side(height), side(width)];
    const [top, left] = [stream.integer(0, height - high + 1), stream.integer(0, width - wide + 1)];
    for (let y = top; y < top + high; y++) {
      const row = (i * height + y) * width;
      values.fill(1, row + left, row + left + wide);
    }
  }
  return tf.tensor4d(values, [count, height, width, 1]);
}
