/** Keeps estimates of x_0 within the range of images, statically or by quantile. */
import { requireKind } from "../base/kinds.js";
import { described, requireKnownKeys } from "../base/check.js";
import * as tf from "../runtime/tf.js";
import { perExample } from "./coefficients.js";

/** Bounds an estimate x̂_0, [N, …] → same shape. */
export type Threshold = (x0: tf.Tensor) => tf.Tensor;

/** @throws TypeError for what is no bound of x̂_0 */
export function requireThreshold(value: unknown): asserts value is Threshold {
  if (typeof value === "function") return;
  throw new TypeError(`clip bounds x̂_0 and must be a function, such as clipStatic(), got ${described(value)}`);
}

/**
 * Static thresholding: x̂_0 clipped to [−limit, limit].
 *
 * Source: Ho et al. 2020 (released code); named in Saharia et al. 2022 (Imagen), section 2.3.
 * @param limit default 1, the range of images here
 */
export function clipStatic(limit = 1): Threshold {
  requireKind("limit", limit, "a number");
  if (!(limit > 0)) throw new RangeError(`limit must be > 0, got ${limit}`);
  return (x0) => tf.clipByValue(x0, -limit, limit);
}

/**
 * Dynamic thresholding: s is the given percentile of |x̂_0| of each example, kept within [1, maximum];
 * x̂_0 is clipped to [−s, s] and divided by s. Keeps strong guidance from saturating.
 *
 * Source: Saharia et al. 2022 (Imagen), section 2.3.
 * @param options.percentile in (0, 1], default 0.995, interpolated between neighbours
 * @param options.maximum upper bound of s, default none
 */
export function clipDynamic(options: { readonly percentile?: number; readonly maximum?: number } = {}): Threshold {
  requireKnownKeys("clipDynamic", options, { percentile: "a number", maximum: "a number" });
  const { percentile = 0.995, maximum = Infinity } = options;
  if (!(percentile > 0 && percentile <= 1)) throw new RangeError(`percentile must lie in (0, 1], got ${percentile}`);
  if (!(maximum >= 1)) throw new RangeError(`maximum must be ≥ 1, got ${maximum}`);
  return (x0) =>
    tf.tidy(() => {
      const flat = tf.reshape(tf.abs(x0), [x0.shape[0], -1]);
      const bounds = Float32Array.from(rows(flat), (row) => Math.min(maximum, Math.max(1, quantile(row, percentile))));
      const s = perExample(bounds, x0.rank);
      return tf.div(tf.minimum(tf.maximum(x0, tf.neg(s)), s), s);
    });
}

function rows(matrix: tf.Tensor): Float32Array[] {
  const values = matrix.dataSync() as Float32Array;
  const [count, width] = matrix.shape;
  return Array.from({ length: count }, (_, i) => values.slice(i * width, (i + 1) * width));
}

function quantile(values: Float32Array, share: number): number {
  const sorted = values.sort();
  const position = share * (sorted.length - 1);
  const low = Math.floor(position);
  return sorted[low] + (position - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}
