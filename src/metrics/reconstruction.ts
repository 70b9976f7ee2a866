/** What a copy of images has lost: its error in each, and how much of the detail of each scale. */
import { requireKind } from "../base/kinds.js";
import { requireTensor } from "../runtime/tensor.js";
import { requireKnownKeys } from "../base/check.js";
import { sizeOf } from "../base/shape.js";
import * as tf from "../runtime/tf.js";
import { heights, powerSpectrum } from "./power-spectrum.js";

/**
 * The mean squared error of each copy, [N]: mean (y − x)² over all numbers of an image.
 *
 * @param originals [N, …]; stays the caller's, like `copies` of the same shape
 * @throws RangeError for shapes that differ, or no example
 */
export function squaredErrors(originals: tf.Tensor, copies: tf.Tensor): Float64Array {
  requireSame(originals, copies);
  const axes = originals.shape.map((_, axis) => axis).slice(1);
  const errors = tf.tidy(() => tf.mean(tf.squaredDifference(originals, copies), axes).dataSync());
  return Float64Array.from(errors);
}

/**
 * Peak signal-to-noise ratio of images in [−1, 1], in dB: 10·log₁₀(2²/MSE); Infinity for no error. Of several images take
 * the mean of their errors, not of their ratios.
 *
 * @throws RangeError for an error below 0 or NaN
 */
export function peakSignalToNoise(meanSquaredError: number): number {
  requireKind("meanSquaredError", meanSquaredError, "a number");
  if (!(meanSquaredError >= 0)) {
    throw new RangeError(`a mean squared error is a number ≥ 0, got ${meanSquaredError}`);
  }
  return 10 * Math.log10(4 / meanSquaredError);
}

/** Detail of one scale. */
export interface DetailBand {
  /** Frequencies above this share of the highest one (half a cycle a pixel) … */
  readonly above: number;
  /** … up to this. */
  readonly upTo: number;
  /** Share of all energy of the originals, their mean left out, that lies in the band. */
  readonly share: number;
  /** Σ|F(y − x)|²/Σ|F(x)|² over the band: 0 if all of it is there, 1 if it is grey, 2 if it is other detail as strong. */
  readonly lost: number;
}

export interface LostDetailOptions {
  /** Upper ends of the bands, rising, the last of them 1. Default octaves: [1/8, 1/4, 1/2, 1]. */
  readonly bands?: readonly number[];
}

/**
 * How much of the detail of each scale copies have lost. The spectrum of a line w pixels wide reaches to 2/w of the highest
 * frequency (its main lobe): the last octave holds the edges, and lines of less than four pixels.
 *
 * The error is taken apart by the discrete Fourier transform F of each channel, whose frequency (u, v) has the height
 * r = max(|u|, |v|) over the highest one, as in {@link highFrequencyShare}; sums go over all images and channels.
 *
 * @param originals [N, H, W, C]; stays the caller's, like `copies` of the same shape
 * @throws RangeError for shapes that differ, no images, bands that do not rise to 1, or a band in which there is nothing
 */
export function lostDetail(originals: tf.Tensor, copies: tf.Tensor, options: LostDetailOptions = {}): DetailBand[] {
  requireKnownKeys("lostDetail", options, { bands: "a list" });
  const { bands = [1 / 8, 1 / 4, 1 / 2, 1] } = options;
  const rising = bands.every((end, i) => end > (i === 0 ? 0 : bands[i - 1]) && end <= 1) && bands.at(-1) === 1;
  if (!rising) throw new RangeError(`bands must rise above 0 up to 1, got [${bands.join(", ")}]`);
  requireSame(originals, copies);
  if (originals.rank !== 4) throw new RangeError(`images must be [N, H, W, C], got a tensor of rank ${originals.rank}`);
  const energy = energyByBand(originals, bands);
  const difference = tf.sub(copies, originals);
  const missing = energyByBand(difference, bands);
  difference.dispose();
  const all = energy.reduce((sum, value) => sum + value, 0);
  return bands.map((upTo, i) => {
    const above = i === 0 ? 0 : bands[i - 1];
    if (!(energy[i] > 0)) {
      throw new RangeError(`the originals have no detail above ${above} up to ${upTo}: give wider bands`);
    }
    return { above, upTo, share: energy[i] / all, lost: missing[i] / energy[i] };
  });
}

/** Σ|F|² of each band over all images and channels. */
function energyByBand(images: tf.Tensor, bands: readonly number[]): Float64Array {
  const [n, h, w, channels] = images.shape;
  const values = images.dataSync();
  const band = Array.from(heights(h, w), (r) => bands.findIndex((end) => r <= end));
  const sums = new Float64Array(bands.length);
  const plane = new Float64Array(h * w);
  for (let i = 0; i < n * channels; i++) {
    const [image, channel] = [Math.floor(i / channels), i % channels];
    for (let p = 0; p < h * w; p++) plane[p] = values[(image * h * w + p) * channels + channel];
    const power = powerSpectrum(plane, h, w);
    for (let f = 1; f < h * w; f++) sums[band[f]] += power[f];
  }
  return sums;
}

function requireSame(originals: tf.Tensor, copies: tf.Tensor): void {
  requireTensor("originals", originals);
  requireTensor("copies", copies);
  const same = originals.rank === copies.rank && originals.shape.every((size, i) => size === copies.shape[i]);
  if (same && originals.rank > 1 && sizeOf(originals.shape) > 0) return;
  throw new RangeError(
    `originals and copies must have one shape [N, …] with examples, got [${originals.shape}] and [${copies.shape}]`,
  );
}
