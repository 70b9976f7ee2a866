/** Lays transparent bitmaps on a ground, and turns colour to grey and back, as Pillow does. */
import type { Bitmap } from "../files/png.js";

/** A colour as red, green and blue of 0 … 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/**
 * A bitmap without alpha, on a ground of one colour: c = round((α·c + (255 − α)·ground)/255). Without an alpha channel
 * it stays as it is. A grey bitmap stays grey where the ground is grey, else it becomes RGB.
 */
export function flattenAlpha(bitmap: Bitmap, ground: Rgb): Bitmap {
  const { width, height, channels, data } = bitmap;
  if (channels === 1 || channels === 3) return bitmap;
  const colours = channels === 4 || new Set(ground).size > 1 ? 3 : 1;
  const flat = new Uint8Array(width * height * colours);
  for (let i = 0; i < width * height; i++) {
    const alpha = data[(i + 1) * channels - 1];
    for (let c = 0; c < colours; c++) {
      const colour = data[i * channels + (channels === 4 ? c : 0)];
      flat[i * colours + c] = Math.round((alpha * colour + (255 - alpha) * ground[c]) / 255);
    }
  }
  return { width, height, channels: colours, data: flat };
}

/**
 * A bitmap without alpha as grey (1 channel) or RGB (3). Grey is luma after ITU-R BT.601, in Pillow's fixed point:
 * L = (19595·R + 38470·G + 7471·B + 2¹⁵)/2¹⁶, rounded down.
 */
export function withChannels(bitmap: Bitmap, channels: 1 | 3): Bitmap {
  if (bitmap.channels === channels) return bitmap;
  const { width, height, data } = bitmap;
  const turned = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    if (channels === 3) turned.fill(data[i], 3 * i, 3 * i + 3);
    else turned[i] = (19595 * data[3 * i] + 38470 * data[3 * i + 1] + 7471 * data[3 * i + 2] + 0x8000) >> 16;
  }
  return { width, height, channels, data: turned };
}
