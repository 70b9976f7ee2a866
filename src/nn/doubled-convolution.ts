/** A convolution of a doubled image that never makes the doubled image. */
import * as tf from "../runtime/tf.js";

/** Multiplications of {@link convolveDoubled} a pixel and pair of channels. */
export const DOUBLED_TAPS = 4;

/**
 * The 3×3 convolution (zeros around) of an image doubled by nearest neighbour, without making the doubled image.
 *
 * Each pixel of the result sees a 2×2 window of the small image, since of three neighbours in the doubled image two
 * are copies of one pixel. Which two depends on whether row and column are even, and that is what a transposed
 * convolution of stride 2 does, with the 4×4 kernel K ∗ 1₂ₓ₂: 4 products a pixel and channel instead of 9.
 *
 * Source: Odena, Dumoulin and Olah 2016, "Deconvolution and checkerboard artifacts": resizing and convolving ties the
 * weights of a transposed convolution.
 *
 * @param x [N, H, W, in]
 * @param kernel [3, 3, in, out]
 * @returns [N, 2H, 2W, out]
 */
export function convolveDoubled(x: tf.Tensor4D, kernel: tf.Tensor4D): tf.Tensor4D {
  const [n, h, w] = x.shape;
  return tf.tidy(() => {
    const shifted = (row: number, column: number): tf.Tensor =>
      tf.pad(kernel, [
        [row, 1 - row],
        [column, 1 - column],
        [0, 0],
        [0, 0],
      ]);
    // K ∗ 1₂ₓ₂, first along the rows' pairs, then along the columns'
    const wide = tf.add(tf.add(shifted(0, 0), shifted(0, 1)), tf.add(shifted(1, 0), shifted(1, 1)));
    // A transposed convolution runs its kernel backwards and names the result's channels first.
    const transposed = tf.transpose(tf.reverse(wide, [0, 1]), [0, 1, 3, 2]) as tf.Tensor4D;
    return tf.conv2dTranspose(x, transposed, [n, 2 * h, 2 * w, kernel.shape[3]], 2, "same");
  });
}
