/** Decodes PNG and JPEG pictures into bitmaps of bytes; their size is checked before memory is taken for them. */
import { createRequire } from "node:module";
import { requireKnownKeys } from "../base/check.js";
import { standIn } from "../base/stand-in.js";
import { requireWhole, requireBytes } from "../base/values.js";
import { requireWholeJpeg } from "./jpeg-frame.js";
import { pngSize, type Bitmap } from "./png.js";
import { withoutNotes } from "./png-notes.js";

const require = createRequire(import.meta.url);

export interface DecodeOptions {
  /** Refuse a picture that claims more pixels than this, before it is unpacked. Default 2²⁶ (8192×8192). */
  readonly maximumPixels?: number;
}

/** A decoder's `JsColorType` as channels and bytes a channel: grey, grey + alpha, RGB, RGBA of 8 bits, then of 16. */
const LAYOUTS = [1, 2, 3, 4]
  .flatMap((channels) => [{ channels, bytes: 1 }])
  .concat([1, 2, 3, 4].map((channels) => ({ channels, bytes: 2 })));

/**
 * Decodes a PNG of any kind: palette, grey or RGB, with alpha or not, 1 to 16 bits a channel, interlaced or not.
 * Palettes become RGB, transparency by `tRNS` an alpha channel, and grey of fewer bits takes the range 0 … 255.
 * Channels of 16 bits become bytes: b = round(v/257). Colour profiles and gamma are not applied, as in Pillow.
 *
 * @throws RangeError for bytes that are no whole, sound PNG (missing rows, unknown filters, wrong checksums), or more
 *   pixels than are allowed
 * @see W3C, Portable Network Graphics (PNG) Specification, third edition
 */
export function decodePng(png: Uint8Array, options: DecodeOptions = {}): Bitmap {
  requireBytes("png", png);
  requireSize("PNG", pngSize(png), options);
  return decode("PNG", withoutNotes(png));
}

/**
 * Decodes a JPEG, baseline or progressive, and turns it the way its EXIF orientation says, as viewers show it. Grey
 * stays grey, YCbCr and CMYK become RGB. Colour profiles are not applied, as in Pillow.
 *
 * @throws RangeError for bytes that are no whole JPEG, or more pixels than are allowed
 */
export function decodeJpeg(jpeg: Uint8Array, options: DecodeOptions = {}): Bitmap {
  requireBytes("jpeg", jpeg);
  requireSize("JPEG", requireWholeJpeg(jpeg), options);
  return decode("JPEG", jpeg);
}

/**
 * Decodes a PNG or a JPEG, told apart by their first bytes.
 *
 * @throws RangeError for bytes that are neither, naming what they look like, and as {@link decodePng} and
 *   {@link decodeJpeg} do
 */
export function decodePicture(bytes: Uint8Array, options: DecodeOptions = {}): Bitmap {
  requireBytes("bytes", bytes);
  const format = pictureFormat(bytes);
  if (format === "PNG") return decodePng(bytes, options);
  if (format === "JPEG") return decodeJpeg(bytes, options);
  const other = standIn(bytes);
  if (other !== undefined) throw new RangeError(`this is ${other}`);
  throw new RangeError(`${format ?? "this"} is neither a PNG nor a JPEG: convert the picture to one of them`);
}

/** What begins so, by its first bytes as latin1. */
const SIGNATURES: readonly (readonly [string, RegExp])[] = [
  ["PNG", /^\x89PNG\r\n\x1a\n/],
  ["JPEG", /^\xff\xd8\xff/],
  ["a GIF", /^GIF8/],
  ["a WebP", /^RIFF....WEBP/s],
  ["a BMP", /^BM/],
  ["a TIFF", /^(II\*\0|MM\0\*)/],
  ["an AVIF or HEIC", /^....ftyp(avi|hei|hev|mif)/s],
  ["an SVG or another text", /^\s*</],
];

function pictureFormat(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 16)).toString("latin1");
  return SIGNATURES.find(([, pattern]) => pattern.test(head))?.[0];
}

function requireSize(kind: string, { width, height }: { width: number; height: number }, options: DecodeOptions): void {
  requireKnownKeys("decodePicture", options, { maximumPixels: true });
  const { maximumPixels = 2 ** 26 } = options;
  requireWhole("maximumPixels", maximumPixels);
  if (width * height <= maximumPixels) return;
  throw new RangeError(
    `this ${kind} claims ${width}×${height} pixels, more than the ${maximumPixels} allowed: ` +
      "make it smaller, or give a larger maximumPixels",
  );
}

/** Every sum and size is checked by the decoder, which is written in a language that cannot read past its memory. */
function decode(kind: "PNG" | "JPEG", bytes: Uint8Array): Bitmap {
  const { Transformer } = require("@napi-rs/image") as typeof import("@napi-rs/image");
  try {
    const picture = new Transformer(bytes).rotate();
    const raw = picture.rawPixelsSync();
    const { width, height, colorType } = picture.metadataSync();
    const { channels, bytes: size } = LAYOUTS[colorType];
    if (raw.length !== width * height * channels * size) throw new Error(`${raw.length} bytes of pixels`);
    return { width, height, channels, data: size === 1 ? new Uint8Array(raw) : toBytes(raw) };
  } catch (error) {
    const why = (error as Error).message.replace(/^Decode image failed /, "").replace(/\s+/g, " ");
    throw new RangeError(`this ${kind} is cut or damaged (${why})`, { cause: error });
  }
}

/** v of 16 bits, in this machine's order of bytes, to round(v/257): 65535 becomes 255. */
function toBytes(raw: Uint8Array): Uint8Array {
  const values = new Uint16Array(raw.slice().buffer);
  return Uint8Array.from(values, (value) => Math.round(value / 257));
}
