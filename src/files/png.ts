/** Encodes and decodes PNG pictures without a library. */
import { deflateSync, inflateSync } from "node:zlib";

/** A bitmap: rows from the top, `channels` bytes a pixel (1 grey, 3 RGB, 4 RGBA). */
export interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const colourType: Readonly<Record<number, number>> = { 1: 0, 3: 2, 4: 6 };
const channelsOfColourType: Readonly<Record<number, number>> = { 0: 1, 2: 3, 6: 4 };

/**
 * Encodes a bitmap as PNG, 8 bits a channel.
 *
 * @throws RangeError when the data does not hold width·height·channels bytes, or channels is not 1, 3 or 4.
 * @see W3C, Portable Network Graphics (PNG) Specification
 */
export function encodePng({ width, height, channels, data }: Bitmap): Uint8Array {
  const colour = colourType[channels];
  if (colour === undefined) throw new RangeError(`a PNG has 1, 3 or 4 channels, not ${channels}`);
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

/**
 * Decodes a PNG of 8 bits a channel, not interlaced: grey, RGB or RGBA, as written here and by resvg.
 *
 * @throws RangeError when the bytes are no such PNG.
 */
export function decodePng(png: Uint8Array): Bitmap {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  if (bytes.length < 8 || !bytes.subarray(0, 8).equals(signature)) throw new RangeError("these bytes are not a PNG");
  const { width, height } = pngSize(png);
  const channels = channelsOfColourType[bytes[25]];
  if (bytes[24] !== 8 || channels === undefined || bytes[28] !== 0) {
    throw new RangeError("only PNGs of 8 bits a channel, grey, RGB or RGBA, not interlaced, are read");
  }
  const parts: Buffer[] = [];
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString("latin1", at + 4, at + 8) === "IDAT") parts.push(bytes.subarray(at + 8, at + 8 + length));
  }
  return {
    width,
    height,
    channels,
    data: unfilter(inflateSync(Buffer.concat(parts)), width * channels, height, channels),
  };
}

/** Width and height of a PNG in its own pixels, from its header. @throws RangeError for fewer than 24 bytes */
export function pngSize(png: Uint8Array): { width: number; height: number } {
  if (png.length < 24) throw new RangeError("these bytes are too few for a PNG");
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

function unfilter(filtered: Uint8Array, stride: number, height: number, channels: number): Uint8Array {
  const data = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = filtered[y * (stride + 1)];
    for (let i = 0; i < stride; i++) {
      const at = y * stride + i;
      const left = i >= channels ? data[at - channels] : 0;
      const up = y > 0 ? data[at - stride] : 0;
      const upLeft = y > 0 && i >= channels ? data[at - stride - channels] : 0;
      data[at] = filtered[y * (stride + 1) + 1 + i] + predict(filter, left, up, upLeft);
    }
  }
  return data;
}

function predict(filter: number, left: number, up: number, upLeft: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  const [a, b, c] = [Math.abs(up - upLeft), Math.abs(left - upLeft), Math.abs(left + up - 2 * upLeft)];
  return a <= b && a <= c ? left : b <= c ? up : upLeft;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function chunk(type: string, body: Uint8Array): Buffer {
  const out = Buffer.alloc(body.length + 12);
  out.writeUInt32BE(body.length, 0);
  out.write(type, 4, "latin1");
  out.set(body, 8);
  let crc = 0xffffffff;
  for (const byte of out.subarray(4, 8 + body.length)) crc = crcTable[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  out.writeUInt32BE((crc ^ 0xffffffff) >>> 0, 8 + body.length);
  return out;
}
