/** Which input pixels an output pixel depends on, and how much. */
import { requireFunction } from "../base/values.js";
import { requireTensor } from "../runtime/tensor.js";
import { requireKnownKeys } from "../base/check.js";
import * as tf from "../runtime/tf.js";

export interface ReceptiveFieldOptions {
  /** Row and column of the output pixel; default the middle. */
  readonly pixel?: readonly [number, number];
}

/**
 * How strongly each input pixel moves one output pixel, root mean square over examples and channels:
 *
 *   R[i, j] = √(mean over n, c, k of (∂y[n, r, s, k]/∂x[n, i, j, c])²)
 *
 * Where R is 0 the network cannot see. Where statistics of the whole image take part (group norm), R is nowhere exactly
 * 0; how it falls off still tells how far the network looks.
 *
 * @param run a network of images, [N, H, W, C] → [N, H', W', K]; each example must depend on itself only
 * @param x where the derivative is taken
 * @returns [H, W]
 * @throws RangeError if `run` returns no images, or the pixel lies outside
 *
 * Source: Luo et al. 2016, "Understanding the effective receptive field in deep convolutional neural networks".
 */
export function receptiveField(
  run: (x: tf.Tensor4D) => tf.Tensor,
  x: tf.Tensor4D,
  options: ReceptiveFieldOptions = {},
): tf.Tensor2D {
  requireFunction("run", run, "(x) => network.apply(x, t)");
  requireTensor("x", x);
  requireKnownKeys("receptiveField", options, { pixel: "a list" });
  const { pixel } = options;
  const shape = tf.tidy(() => run(x).shape);
  if (shape.length !== 4) throw new RangeError(`a receptive field needs images [N, H, W, C], got shape [${shape}]`);
  const [, height, width, channels] = shape;
  const [row, column] = pixel ?? [Math.floor(height / 2), Math.floor(width / 2)];
  for (const [at, size] of [
    [row, height],
    [column, width],
  ]) {
    if (!Number.isInteger(at) || at < 0 || at >= size) {
      throw new RangeError(`pixel [${row}, ${column}] lies outside the output's ${height} × ${width} pixels`);
    }
  }
  return tf.tidy(() => {
    const squares = Array.from({ length: channels }, (_, k) => {
      const one = (input: tf.Tensor): tf.Tensor =>
        tf.sum(tf.slice(run(input as tf.Tensor4D), [0, row, column, k], [-1, 1, 1, 1]));
      return tf.mean(tf.square(tf.grad(one)(x)), [0, 3]);
    });
    return tf.sqrt(tf.div(tf.addN(squares), channels)) as tf.Tensor2D;
  });
}

/** The smallest rectangle around all that is above `threshold` times the largest value: [rows, columns]. */
export function fieldExtent(field: tf.Tensor2D, options: { threshold?: number } = {}): [number, number] {
  requireTensor("field", field, "float", 2);
  requireKnownKeys("fieldExtent", options, { threshold: "a number" });
  const { threshold = 0 } = options;
  const values = field.dataSync<"float32">();
  const least = threshold * values.reduce((most, value) => Math.max(most, value), 0);
  const [, width] = field.shape;
  const seen = Array.from(values.keys()).filter((i) => values[i] > least);
  if (seen.length === 0) return [0, 0];
  const span = (of: number[]): number => Math.max(...of) - Math.min(...of) + 1;
  return [span(seen.map((i) => Math.floor(i / width))), span(seen.map((i) => i % width))];
}
