/** Files that a command is given as pictures: read as tensors, or refused by the name of the option. */
import { readFileSync } from "node:fs";
import * as tf from "../runtime/tf.js";
import { flattenAlpha, withChannels } from "../data/bitmap-colour.js";
import { decodePicture, type Bitmap } from "../files/index.js";
import { fromCaller } from "./command-line.js";

/** A picture as [H, W, 3] in [−1, 1]; what is transparent lies on white. */
export function pictureOption(option: string, given: string): tf.Tensor3D {
  const { data, height, width } = withChannels(bitmapOf(option, given), 3);
  return tf.tidy(() => tf.sub(tf.div(tf.tensor3d(Float32Array.from(data), [height, width, 3]), 127.5), 1));
}

/** A picture's lightness as [H, W] in [0, 1]: white is 1. */
export function maskOption(option: string, given: string): tf.Tensor2D {
  const { data, height, width } = withChannels(bitmapOf(option, given), 1);
  return tf.tidy(() => tf.div(tf.tensor2d(Float32Array.from(data), [height, width]), 255));
}

function bitmapOf(option: string, given: string): Bitmap {
  try {
    return flattenAlpha(decodePicture(readFileSync(fromCaller(given))), [255, 255, 255]);
  } catch (error) {
    throw new RangeError(`${option} ${given}: ${(error as Error).message}`, { cause: error });
  }
}
