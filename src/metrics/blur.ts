/** How much fine detail images have. */
import { requireShare } from "../base/values.js";
import { requireKnownKeys } from "../base/check.js";
import type * as tf from "../runtime/tf.js";

export interface HighFrequencyOptions {
  /** Frequencies above this share of the highest one (half a cycle a pixel) count as high. Default 0.5. */
  above?: number;
}

/** cos and sin of 2πjk/n, by j·k mod n. */
function waves(n: number): { cos: Float64Array; sin: Float64Array } {
  const angle = (i: number): number => (2 * Math.PI * i) / n;
  return {
    cos: Float64Array.from({ length: n }, (_, i) => Math.cos(angle(i))),
    sin: Float64Array.from({ length: n }, (_, i) => Math.sin(angle(i))),
  };
}

/** |F(u, v)|² of one channel, h×w, by a discrete Fourier transform of rows, then of columns. */
function powerSpectrum(image: Float64Array, h: number, w: number): Float64Array {
  const [across, down] = [waves(w), waves(h)];
  const re = new Float64Array(h * w);
  const im = new Float64Array(h * w);
  for (let y = 0; y < h; y++) {
    for (let v = 0; v < w; v++) {
      for (let x = 0; x < w; x++) {
        re[y * w + v] += image[y * w + x] * across.cos[(x * v) % w];
        im[y * w + v] -= image[y * w + x] * across.sin[(x * v) % w];
      }
    }
  }
  const power = new Float64Array(h * w);
  for (let u = 0; u < h; u++) {
    for (let v = 0; v < w; v++) {
      let [real, imaginary] = [0, 0];
      for (let y = 0; y < h; y++) {
        const [c, s] = [down.cos[(y * u) % h], down.sin[(y * u) % h]];
        real += re[y * w + v] * c + im[y * w + v] * s;
        imaginary += im[y * w + v] * c - re[y * w + v] * s;
      }
      power[u * w + v] = real * real + imaginary * imaginary;
    }
  }
  return power;
}

/** Of n frequencies, the k-th as a share of the highest: 0 … 1. */
const relative = (k: number, n: number): number => (2 * Math.min(k, n - k)) / n;

/**
 * The share of the images' energy that lies in high frequencies: Σ_{r > above} |F(u, v)|² / Σ_{r > 0} |F(u, v)|², where
 * r = max(|u|, |v|) over the highest frequency and F is the discrete Fourier transform of each channel. Blurred images
 * have less than the data they imitate, noisy ones more. It is the ratio of sums over all images, so flat ones do no harm.
 *
 * @param images [N, H, W, C]; stays the caller's
 * @throws RangeError when the tensor is no batch of images, or all of them are flat
 */
export function highFrequencyShare(images: tf.Tensor, options: HighFrequencyOptions = {}): number {
  requireKnownKeys("highFrequencyShare", options, { above: true });
  const { above = 0.5 } = options;
  requireShare("above", above);
  if (images.rank !== 4) throw new RangeError(`images must be [N, H, W, C], got a tensor of rank ${images.rank}`);
  const [n, h, w, channels] = images.shape;
  const values = images.dataSync();
  let [high, all] = [0, 0];
  const plane = new Float64Array(h * w);
  for (let i = 0; i < n * channels; i++) {
    const [image, channel] = [Math.floor(i / channels), i % channels];
    for (let p = 0; p < h * w; p++) plane[p] = values[(image * h * w + p) * channels + channel];
    const power = powerSpectrum(plane, h, w);
    for (let f = 1; f < h * w; f++) {
      all += power[f];
      if (Math.max(relative(Math.floor(f / w), h), relative(f % w, w)) > above) high += power[f];
    }
  }
  if (!(all > 0)) throw new RangeError("the images are flat: no share of their energy is defined");
  return high / all;
}
