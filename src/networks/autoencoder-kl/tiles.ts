/** A map from image to image done in overlapping tiles that fade into each other, so that memory stays that of one. */
import * as tf from "../../runtime/tf.js";

/** How an image is cut, in pixels of the input and of the output. */
export interface TilePlan {
  /** Side of a tile of the input. */
  readonly side: number;
  /** Side of what is made of it. */
  readonly outputSide: number;
}

/** Share of a tile that its neighbour covers too. */
const OVERLAP = 1 / 4;

/**
 * `map` of [N, H, W, C], in tiles: each begins ¾ of a side after the last, and over the quarter that two share the output
 * goes linearly from the one to the other, y = (1 − k/K)·before + (k/K)·here for k = 0 … K − 1, first downwards, then to
 * the right. Not quite what `map` gives of the whole: a tile sees nothing beyond its edge.
 *
 * @param plan both sides must be multiples of 4, and of one ratio
 * @param map of one tile, which at the right and bottom may be smaller
 *
 * Source: diffusers, `AutoencoderKL.tiled_decode`.
 */
export function mapTiles(x: tf.Tensor4D, plan: TilePlan, map: (tile: tf.Tensor4D) => tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = x.shape;
  const { side, outputSide } = plan;
  const step = side * (1 - OVERLAP);
  const shared = outputSide * OVERLAP;
  const kept = outputSide - shared;
  const starts = (length: number): number[] => Array.from({ length: Math.ceil(length / step) }, (_, i) => i * step);
  return tf.tidy(() => {
    let above: tf.Tensor4D[] = [];
    const rows = starts(height).map((top) => {
      const row: tf.Tensor4D[] = [];
      starts(width).forEach((left, column) => {
        const size = [-1, Math.min(side, height - top), Math.min(side, width - left), -1];
        const tile = tf.tidy(() => {
          let made = map(tf.slice(x, [0, top, left, 0], size) as tf.Tensor4D);
          if (above.length > 0) made = faded(above[column], made, shared, 1);
          if (column > 0) made = faded(row[column - 1], made, shared, 2);
          return made;
        });
        row.push(tile);
      });
      above = row;
      return tf.concat(
        row.map((tile) => cropped(tile, kept)),
        2,
      );
    });
    return tf.concat(rows, 1);
  });
}

/** `here` with the start of an axis faded in from the end of `before`, over `shared` pixels or as many as there are. */
function faded(before: tf.Tensor4D, here: tf.Tensor4D, shared: number, axis: 1 | 2): tf.Tensor4D {
  const count = Math.min(shared, before.shape[axis], here.shape[axis]);
  const share = tf.reshape(
    tf.div(tf.range(0, count), count),
    [1, 1, 1, 1].map((one, i) => (i === axis ? count : one)),
  );
  const end = part(before, axis, before.shape[axis] - count, count);
  const start = part(here, axis, 0, count);
  const mixed = tf.add(tf.mul(end, tf.sub(1, share)), tf.mul(start, share));
  return tf.concat([mixed, part(here, axis, count, here.shape[axis] - count)], axis) as tf.Tensor4D;
}

function part(x: tf.Tensor4D, axis: 1 | 2, from: number, length: number): tf.Tensor4D {
  const begin = [0, 0, 0, 0];
  const size = [-1, -1, -1, -1];
  [begin[axis], size[axis]] = [from, length];
  return tf.slice(x, begin, size);
}

function cropped(tile: tf.Tensor4D, side: number): tf.Tensor4D {
  const [, height, width] = tile.shape;
  return tf.slice(tile, [0, 0, 0, 0], [-1, Math.min(side, height), Math.min(side, width), -1]);
}
