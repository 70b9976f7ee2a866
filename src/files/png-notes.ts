/** Takes out of a PNG what is not its pixels: profiles and texts that unpack to any size. */

/** Chunks of text and profiles, each of which may be packed. They change no pixel. */
const NOTES: ReadonlySet<string> = new Set(["iCCP", "zTXt", "iTXt", "tEXt", "eXIf"]);

/** The same PNG without them; what is cut or damaged is left for the decoder to refuse. */
export function withoutNotes(png: Uint8Array): Uint8Array {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  const kept: Buffer[] = [bytes.subarray(0, 8)];
  let at = 8;
  while (at + 12 <= bytes.length) {
    const end = at + 12 + bytes.readUInt32BE(at);
    if (!NOTES.has(bytes.toString("latin1", at + 4, at + 8))) kept.push(bytes.subarray(at, end));
    at = end;
  }
  kept.push(bytes.subarray(at));
  return Buffer.concat(kept);
}
