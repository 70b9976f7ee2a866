/** Resizes and crops bitmaps as Pillow does: antialiased, in fixed point, to the same bytes. */
import { requireKnownKeys } from "../base/check.js";
import { requireChoice, requireWhole, requireLike, requireBytes } from "../base/values.js";
import type { Bitmap } from "../files/png.js";

/** A kernel by its support (where it ends) and its weight at a distance of x pixels of the coarser grid. */
interface Kernel {
  readonly support: number;
  readonly weight: (x: number) => number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

const KERNELS = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  // Keys's cubic with a = −1/2.
  bicubic: {
    support: 2,
    weight: (signed) => {
      const x = Math.abs(signed);
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      return x < 2 ? -0.5 * (((x - 5) * x + 8) * x - 4) : 0;
    },
  },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
} as const satisfies Record<string, Kernel>;

/** How pixels are weighed: by Pillow's names. */
export type ResizeFilter = keyof typeof KERNELS;
export const RESIZE_FILTERS = Object.keys(KERNELS) as readonly ResizeFilter[];

export interface FitOptions {
  /** Pixels of the result. */
  readonly height: number;
  readonly width: number;
  /** Default "bicubic". */
  readonly filter?: ResizeFilter;
}

/**
 * The largest centred part of a bitmap that has the shape asked for, resized to it: Pillow's `ImageOps.fit`.
 *
 * Each pixel of the result is Σ_j w((j + ½ − c)/s)·p_j / Σ_j w((j + ½ − c)/s), c its centre in the old picture and
 * s = max(1, old pixels a new one): where a picture shrinks, the kernel widens with it, so that nothing aliases. Rows
 * are resized first, then columns, with weights of 22 bits and bytes between them; Pillow does the same, but begins with
 * the columns of some tall pictures, which rounds otherwise. Alpha is a channel like any other: lay a picture on a ground
 * before.
 *
 * @throws RangeError for a size that is no whole number ≥ 1, or an unknown filter
 * @see Pillow, src/libImaging/Resample.c
 */
export function fitBitmap(bitmap: Bitmap, options: FitOptions): Bitmap {
  requireLike("bitmap", bitmap, ["width", "height", "channels", "data"], "decodePng");
  requireBitmap(bitmap);
  requireKnownKeys("fitBitmap", options, { height: true, width: true, filter: true });
  const { height, width, filter = "bicubic" } = options;
  requireWhole("height", height);
  requireWhole("width", width);
  requireChoice("filter", filter, RESIZE_FILTERS);
  const ratio = width / height;
  const cropWidth = bitmap.width / bitmap.height >= ratio ? ratio * bitmap.height : bitmap.width;
  const cropHeight = bitmap.width / bitmap.height >= ratio ? bitmap.height : bitmap.width / ratio;
  const across = weightsOf(KERNELS[filter], bitmap.width, cropWidth, width);
  const down = weightsOf(KERNELS[filter], bitmap.height, cropHeight, height);
  return transposed(resizeRows(transposed(resizeRows(bitmap, across)), down));
}

/** @throws RangeError, TypeError unless the bytes are as many as the sizes say */
function requireBitmap({ width, height, channels, data }: Bitmap): void {
  for (const [name, size] of Object.entries({ width, height, channels })) requireWhole(`${name} of bitmap`, size);
  requireBytes("data of bitmap", data);
  const needed = width * height * channels;
  if (data.length === needed) return;
  throw new RangeError(`${width}×${height}×${channels} pixels need ${needed} bytes, got ${data.length}`);
}

/** Of each new pixel the first old one it sees, and the weights from there on, times 2²². */
type Weights = readonly { readonly first: number; readonly weights: Int32Array }[];

const BITS = 22;

/** The weights of `to` pixels for the centred part of `crop` of `from` pixels; undefined where nothing changes. */
function weightsOf({ support, weight }: Kernel, from: number, crop: number, to: number): Weights | undefined {
  if (crop === from && to === from) return undefined;
  // Pillow's corners are float32.
  const start = Math.fround((from - crop) / 2);
  const scale = Math.fround(Math.fround((from - crop) / 2 + crop) - start) / to;
  const stretch = Math.max(1, scale);
  return Array.from({ length: to }, (_, i) => {
    const centre = start + (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support * stretch + 0.5));
    const end = Math.min(from, Math.trunc(centre + support * stretch + 0.5));
    const raw = Array.from({ length: end - first }, (_, j) => weight((first + j - centre + 0.5) * (1 / stretch)));
    const sum = raw.reduce((total, w) => total + w, 0);
    const fixed = raw.map((w) => (w / sum) * 2 ** BITS).map((w) => Math.trunc(w < 0 ? w - 0.5 : w + 0.5));
    return { first, weights: Int32Array.from(fixed) };
  });
}

function resizeRows(bitmap: Bitmap, weights: Weights | undefined): Bitmap {
  if (!weights) return bitmap;
  const { width, height, channels, data } = bitmap;
  const resized = new Uint8ClampedArray(weights.length * height * channels);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (const { first, weights: ws } of weights) {
      for (let c = 0; c < channels; c++) {
        let sum = 1 << (BITS - 1);
        let from = (y * width + first) * channels + c;
        for (let j = 0; j < ws.length; j++, from += channels) sum += data[from] * ws[j];
        resized[at++] = sum >> BITS;
      }
    }
  }
  return { width: weights.length, height, channels, data: new Uint8Array(resized.buffer) };
}

/** Rows become columns. */
function transposed({ width, height, channels, data }: Bitmap): Bitmap {
  const turned = new Uint8Array(data.length);
  let at = 0;
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      for (let c = 0; c < channels; c++) turned[at++] = data[(y * width + x) * channels + c];
    }
  }
  return { width: height, height: width, channels, data: turned };
}
