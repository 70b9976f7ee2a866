/** Squeezing: space becomes channels, 2×2 pixels at a time. */
import { fromPatches, toPatches } from "../../nn/index.js";
import * as tf from "../../runtime/tf.js";

/**
 * [N, H, W, C] → [N, H/2, W/2, 4·C]: the four pixels of a square, row by row, stand in the channels of one. It moves
 * numbers and changes none, so ln |det| = 0. Height and width must be even.
 *
 * Source: Dinh et al. 2017, "Density estimation using Real NVP", section 3.6.
 */
export function squeeze(x: tf.Tensor4D): tf.Tensor4D {
  const [n, height, width, channels] = x.shape;
  return tf.reshape(toPatches(x, 2), [n, height / 2, width / 2, 4 * channels]);
}

/** The inverse of {@link squeeze}: [N, H, W, 4·C] → [N, 2·H, 2·W, C]. */
export function unsqueeze(y: tf.Tensor4D): tf.Tensor4D {
  const [n, rows, columns, channels] = y.shape;
  const tokens = tf.reshape(y, [n, rows * columns, channels]) as tf.Tensor3D;
  return fromPatches(tokens, { rows, columns, patch: 2 });
}
