/** Encodes bitmaps as PNG, and reads a PNG's size. */
import { requireBytes, requireLike } from "../base/values.js";
import { standIn } from "../base/stand-in.js";
import { crc32, deflateSync } from "node:zlib";

/** A bitmap: rows from the top, `channels` bytes a pixel (1 grey, 2 grey and alpha, 3 RGB, 4 RGBA). */
export interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const colourType: Readonly<Record<number, number>> = { 1: 0, 2: 4, 3: 2, 4: 6 };

/**
 * Encodes a bitmap as PNG, 8 bits a channel.
 *
 * @throws RangeError when the data does not hold width·height·channels bytes, or channels is not 1, 2, 3 or 4.
 * @see W3C, Portable Network Graphics (PNG) Specification
 */
export function encodePng(picture: Bitmap): Uint8Array {
  requireLike("picture", picture, ["width", "height", "channels", "data"], "decodePng");
  requireBytes("data of picture", picture.data);
  const { width, height, channels, data } = picture;
  const colour = colourType[channels];
  if (colour === undefined) throw new RangeError(`a PNG has 1, 2, 3 or 4 channels, not ${channels}`);
  if (data.length !== width * height * channels || data.length === 0) {
    throw new RangeError(
      `${width}×${height}×${channels} pixels need ${width * height * channels} bytes > 0, got ${data.length}`,
    );
  }
  const stride = width * channels;
  const filtered = Buffer.alloc((stride + 1) * height);
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * stride, (y + 1) * stride);
    const above = y > 0 ? data.subarray((y - 1) * stride, y * stride) : undefined;
    const start = y * (stride + 1);
    // Filter 2 (Up) turns the repeated rows of an enlarged picture to zeros; the first row stays as it is.
    filtered[start] = above ? 2 : 0;
    for (let i = 0; i < stride; i++) filtered[start + 1 + i] = row[i] - (above ? above[i] : 0);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, colour, 0, 0, 0], 8);
  return new Uint8Array(
    Buffer.concat([
      signature,
      chunk("IHDR", header),
      chunk("IDAT", deflateSync(filtered, { level: 9 })),
      chunk("IEND", Buffer.alloc(0)),
    ]),
  );
}

/** Width and height of a PNG in its own pixels, from its header. @throws RangeError for bytes that begin as no PNG */
export function pngSize(png: Uint8Array): { width: number; height: number } {
  requireBytes("png", png);
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  if (!bytes.subarray(0, 8).equals(signature)) throw new RangeError(`these bytes are ${standIn(png) ?? "not a PNG"}`);
  if (bytes.length < 33 || bytes.readUInt32BE(8) !== 13 || bytes.toString("latin1", 12, 16) !== "IHDR") {
    throw new RangeError("this PNG is cut or damaged: it does not begin with its header");
  }
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

function chunk(type: string, body: Uint8Array): Buffer {
  const out = Buffer.alloc(body.length + 12);
  out.writeUInt32BE(body.length, 0);
  out.write(type, 4, "latin1");
  out.set(body, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + body.length)), 8 + body.length);
  return out;
}
