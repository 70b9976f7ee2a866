/** How much fine detail images have. */
import { requireTensor } from "../runtime/tensor.js";
import { requireShare } from "../base/values.js";
import { requireKnownKeys } from "../base/check.js";
import type * as tf from "../runtime/tf.js";
import { heights, powerSpectrum } from "./power-spectrum.js";

export interface HighFrequencyOptions {
  /** Frequencies above this share of the highest one (half a cycle a pixel) count as high. Default 0.5. */
  above?: number;
}

/**
 * The share of the images' energy that lies in high frequencies: Σ_{r > above} |F(u, v)|² / Σ_{r > 0} |F(u, v)|², where
 * r = max(|u|, |v|) over the highest frequency and F is the discrete Fourier transform of each channel. Blurred images
 * have less than the data they imitate, noisy ones more. It is the ratio of sums over all images, so flat ones do no harm.
 *
 * @param images [N, H, W, C]; stays the caller's
 * @throws RangeError when the tensor is no batch of images, or all of them are flat
 */
export function highFrequencyShare(images: tf.Tensor, options: HighFrequencyOptions = {}): number {
  requireTensor("images", images);
  requireKnownKeys("highFrequencyShare", options, { above: true });
  const { above = 0.5 } = options;
  requireShare("above", above);
  if (images.rank !== 4) throw new RangeError(`images must be [N, H, W, C], got a tensor of rank ${images.rank}`);
  const [n, h, w, channels] = images.shape;
  const values = images.dataSync();
  let [high, all] = [0, 0];
  const plane = new Float64Array(h * w);
  const height = heights(h, w);
  for (let i = 0; i < n * channels; i++) {
    const [image, channel] = [Math.floor(i / channels), i % channels];
    for (let p = 0; p < h * w; p++) plane[p] = values[(image * h * w + p) * channels + channel];
    const power = powerSpectrum(plane, h, w);
    for (let f = 1; f < h * w; f++) {
      all += power[f];
      if (height[f] > above) high += power[f];
    }
  }
  if (!(all > 0)) throw new RangeError("the images are flat: no share of their energy is defined");
  return high / all;
}
