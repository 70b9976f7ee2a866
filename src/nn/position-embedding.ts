/** Sinusoids that tell a token its place in the image. */
import { requireKnownKeys } from "../base/check.js";
import { requireWhole } from "../base/values.js";
import * as tf from "../runtime/tf.js";

export interface GridEmbeddingOptions {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** The side the positions are counted on: a grid of another size is stretched over 0 … base. */
  readonly base: number;
}

/**
 * Sines and cosines of a grid's positions, row by row: [height·width, channels]; half the channels tell the column,
 * half the row, each as sin|cos of p·ω_i with ω_i = 10000^(−i/(channels/4)).
 *
 * Source: Peebles and Xie 2023 (DiT), section 3.2; Vaswani et al. 2017, section 3.5.
 * @throws RangeError if `channels` is not a multiple of 4
 */
export function gridEmbedding(options: GridEmbeddingOptions): tf.Tensor2D {
  requireKnownKeys("gridEmbedding", options, { height: true, width: true, channels: "a number", base: "a number" });
  requireWhole("height", options.height);
  requireWhole("width", options.width);
  const { height, width, channels, base } = options;
  if (channels % 4 !== 0) {
    throw new RangeError(
      `a grid embedding has a sine and a cosine for rows and columns: channels must be a multiple of 4, got ${channels}`,
    );
  }
  // Only one row and one column of positions are made in JavaScript; the grid is their tiling.
  const columns = lineEmbedding(width, base, channels / 4);
  const rows = lineEmbedding(height, base, channels / 4);
  return tf.tidy(() => {
    const byColumn = tf.tile(tf.tensor3d(columns, [1, width, channels / 2]), [height, 1, 1]);
    const byRow = tf.tile(tf.tensor3d(rows, [height, 1, channels / 2]), [1, width, 1]);
    return tf.reshape(tf.concat([byColumn, byRow], 2), [height * width, channels]) as tf.Tensor2D;
  });
}

/** [count, 2·frequencies]: sin|cos of (k·base/count)·ω_i */
function lineEmbedding(count: number, base: number, frequencies: number): Float32Array {
  const values = new Float32Array(count * 2 * frequencies);
  for (let k = 0; k < count; k++) {
    for (let i = 0; i < frequencies; i++) {
      const angle = ((k * base) / count) * 10000 ** (-i / frequencies);
      values[2 * k * frequencies + i] = Math.sin(angle);
      values[(2 * k + 1) * frequencies + i] = Math.cos(angle);
    }
  }
  return values;
}
