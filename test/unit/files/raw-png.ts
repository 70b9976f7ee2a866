/** PNGs put together by hand, sound and unsound. */
import { crc32, deflateSync } from "node:zlib";

/** One chunk with its checksum. */
export function chunk(type: string, body: Uint8Array = new Uint8Array(0)): Buffer {
  const out = Buffer.alloc(body.length + 12);
  out.writeUInt32BE(body.length, 0);
  out.write(type, 4, "latin1");
  out.set(body, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + body.length)), 8 + body.length);
  return out;
}

export interface RawPng {
  readonly width?: number;
  readonly height?: number;
  readonly depth?: number;
  readonly colour?: number;
  /** Filtered rows: a filter byte, then the bytes of a row. Default 8×8 grey. */
  readonly rows?: Uint8Array;
  /** Chunks between header and pixels. */
  readonly extra?: readonly Uint8Array[];
}

/** Eight rows of 0 … 7 behind the filter "none". */
export const ROWS = Uint8Array.from({ length: 72 }, (_, i) => (i % 9 === 0 ? 0 : (i % 9) - 1));

export function rawPng({ width = 8, height = 8, depth = 8, colour = 0, rows = ROWS, extra = [] }: RawPng): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, 0, 0, 0], 8);
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  const parts = [signature, chunk("IHDR", header), ...extra, chunk("IDAT", deflateSync(rows)), chunk("IEND")];
  return new Uint8Array(Buffer.concat(parts));
}
