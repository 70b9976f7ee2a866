/** PNG files keep their pixels and checksums, with any kind of filter. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodePng, encodePng, pngSize } from "../../../src/files/index.js";
import { svgToPng } from "../../../src/plot/index.js";

test("a PNG holds the pixels it was made from", () => {
  const side = fc.integer({ min: 1, max: 9 });
  const bitmap = fc.tuple(side, side, fc.constantFrom(1, 2, 3, 4)).chain(([width, height, channels]) => {
    const bytes = width * height * channels;
    return fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((data) => ({ width, height, channels, data }));
  });
  fc.assert(
    fc.property(bitmap, (given) => {
      const png = encodePng(given);
      assert.deepEqual(pngSize(png), { width: given.width, height: given.height });
      assert.deepEqual(decodePng(png), given);
    }),
    { numRuns: 60 },
  );
});

test("chunks carry the checksums of the PNG specification", () => {
  const png = encodePng({ width: 1, height: 1, channels: 1, data: Uint8Array.of(0) });
  // The specification's own value for an empty IEND chunk.
  assert.equal(Buffer.from(png.slice(-8)).toString("hex"), "49454e44ae426082");
  assert.equal(Buffer.from(png.slice(0, 8)).toString("hex"), "89504e470d0a1a0a");
});

test("a PNG written by another program, with every kind of filter, is read", () => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="4" height="8" fill="#0072B2"/></svg>`;
  const { width, channels, data } = decodePng(svgToPng(svg, { scale: 1 }));
  assert.deepEqual([...data.slice(0, 3)], [0x00, 0x72, 0xb2]);
  assert.deepEqual([...data.slice(channels * (width - 1), channels * (width - 1) + 3)], [255, 255, 255]);
});

test("wrong sizes and foreign bytes are refused", () => {
  assert.throws(() => encodePng({ width: 2, height: 2, channels: 3, data: new Uint8Array(11) }), /need 12 bytes/);
  assert.throws(
    () => encodePng({ width: 1, height: 1, channels: 5, data: new Uint8Array(5) }),
    /1, 2, 3 or 4 channels/,
  );
  assert.throws(() => decodePng(Uint8Array.of(1, 2, 3)), /not a PNG/);
});
