/** The size of a JPEG from its frame header, and whether the file has its end. */
import { standIn } from "../base/stand-in.js";

/** Markers of a start of frame: SOF0 … SOF15 without DHT, JPG and DAC, which lie between them. */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
const START_OF_SCAN = 0xda;

/**
 * Width and height of the coded picture.
 *
 * @throws RangeError for bytes that are no JPEG, end within their headers, or lack the marker EOI that
 *   ends a file: a decoder would fill what is missing with grey
 * @see ITU-T Recommendation T.81, annex B
 */
export function requireWholeJpeg(jpeg: Uint8Array): { width: number; height: number } {
  if (jpeg[0] !== 0xff || jpeg[1] !== 0xd8) throw new RangeError(`these bytes are ${standIn(jpeg) ?? "not a JPEG"}`);
  const bytes = Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength);
  let size: { width: number; height: number } | undefined;
  // A segment is FF, its marker, and a length that counts itself; FF may be repeated before a marker.
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at++;
      continue;
    }
    // A second frame is refused by the decoder.
    if (isFrame(marker)) size ??= { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
    if (marker === START_OF_SCAN) {
      if (!size) break;
      if (bytes.indexOf(Uint8Array.of(0xff, 0xd9), at) < 0) throw new RangeError("this JPEG is cut: it has no end");
      return size;
    }
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  throw new RangeError("this JPEG is cut or damaged: no picture follows its headers");
}
