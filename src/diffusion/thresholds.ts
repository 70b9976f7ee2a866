import * as tf from "../tf.js";

/** Bounds an estimate x̂_0, [N, …] → same shape. */
export type Threshold = (x0: tf.Tensor) => tf.Tensor;

/**
 * Static thresholding: x̂_0 clipped to [−limit, limit].
 *
 * Source: Ho et al. 2020 (released code); named in Saharia et al. 2022 (Imagen), section 2.3.
 * @param limit default 1, the range of images here
 */
export function clipStatic(limit = 1): Threshold {
  if (!(limit > 0)) throw new RangeError(`limit must be > 0, got ${limit}`);
  return (x0) => tf.clipByValue(x0, -limit, limit);
}
