/** Where the pictures of an autoencoder come from: made without end by their numbers, or an array of one's own. */
import { requireNumbers } from "../../base/values.js";
import { described } from "../../base/check.js";
import { sizeOf } from "../../base/shape.js";
import { requireExamples, requireFloats } from "../require-examples.js";

/** Pictures by number, each a pure function of its number; `CaptionedDigits` is one. */
export interface PictureSource {
  /** [H, W, C] */
  readonly shape: readonly [number, number, number] | readonly number[];
  /** How many there are; without it there is no end. */
  readonly count?: number;
  /** Those of these numbers, [N, H, W, C] flat in [−1, 1]. */
  pictures(indices: ArrayLike<number>): Float32Array;
}

/**
 * The pictures of an array.
 *
 * @param data [count, …shape] flat, in [−1, 1]
 * @param shape [H, W, C] of one
 * @throws RangeError if the data are no whole number of pictures, or one holds a number that is not finite or outside [−1, 1]
 */
export function picturesOf(data: Float32Array, shape: readonly [number, number, number]): PictureSource {
  requireNumbers("shape", shape);
  requireFloats("data", data);
  const size = sizeOf(shape);
  const count = data.length / size;
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`${data.length} numbers are no whole count of pictures of shape [${shape}]`);
  }
  requireExamples("pictures", data, size);
  const outside = data.findIndex((value) => Math.abs(value) > 1);
  if (outside >= 0) {
    throw new RangeError(
      `picture ${Math.floor(outside / size)} holds ${data[outside]}: pictures lie in [−1, 1], as a Normaliser makes them`,
    );
  }
  return {
    shape,
    count,
    pictures: (indices) => {
      const values = new Float32Array(indices.length * size);
      Array.from(indices).forEach((index, i) => values.set(data.subarray(index * size, (index + 1) * size), i * size));
      return values;
    },
  };
}

/** @throws TypeError for what gives no pictures, RangeError for pictures of another shape than the network's */
export function requirePictures(source: PictureSource, channels: number): void {
  if (typeof source?.pictures !== "function" || !Array.isArray(source.shape)) {
    throw new TypeError(
      `pictures must be a source such as new CaptionedDigits(…) or picturesOf(data, shape), got ${described(source)}`,
    );
  }
  if (source.shape.length === 3 && source.shape[2] === channels) return;
  throw new RangeError(`pictures have shape [${source.shape}]; this autoencoder takes [H, W, ${channels}]`);
}
