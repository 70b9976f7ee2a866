/** Pictures are read, resized and coloured to the bytes that Pillow reads, resizes and colours them to. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { flattenAlpha, withChannels, type Rgb } from "../../../src/data/bitmap-colour.js";
import { fitBitmap, type ResizeFilter } from "../../../src/data/index.js";
import { decodeJpeg, decodePicture, decodePng } from "../../../src/files/index.js";

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Bytes in base 64. */
  readonly pixels: string;
}
interface Fixture {
  readonly pillow: string;
  readonly pngs: readonly (Pixels & { name: string; file: string })[];
  readonly jpegs: readonly (Pixels & { name: string; file: string })[];
  readonly inputs: readonly Pixels[];
  readonly fits: readonly { image: number; width: number; height: number; filter: ResizeFilter; pixels: string }[];
  readonly colours: { width: number; height: number; rgba: string; ground: Rgb; flat: string; grey: string };
}

const folder = import.meta.dirname;
const fixture = JSON.parse(readFileSync(join(folder, "fixtures/pictures.json"), "utf8")) as Fixture;
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));
const bitmap = ({ width, height, channels, pixels }: Pixels) => ({ width, height, channels, data: bytes(pixels) });

test("the fixtures are of the Pillow that is pinned", () => {
  const pinned = readFileSync(join(folder, "../requirements.txt"), "utf8");
  assert.ok(pinned.includes(`pillow==${fixture.pillow}\n`));
});

test("every kind of PNG is read as Pillow reads it", () => {
  assert.equal(fixture.pngs.length, 31);
  for (const png of fixture.pngs) {
    assert.deepEqual(decodePng(bytes(png.file)), bitmap(png), png.name);
    assert.deepEqual(decodePicture(bytes(png.file)), bitmap(png), png.name);
  }
});

test("every kind of JPEG is read as libjpeg reads it, turned the way it lies, to 3 of 255", () => {
  assert.equal(fixture.jpegs.length, 14);
  for (const jpeg of fixture.jpegs) {
    const { data, ...shape } = decodeJpeg(bytes(jpeg.file));
    const { data: expected, ...expectedShape } = bitmap(jpeg);
    assert.deepEqual(shape, expectedShape, jpeg.name);
    // Two decoders differ in the rounding of the inverse cosine transform, and of the colour between samples.
    const worst = data.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
    assert.ok(worst <= 3, `${jpeg.name}: ${worst} of 255`);
    assert.deepEqual(decodePicture(bytes(jpeg.file)).data, data);
  }
});

test("bitmaps are resized and cropped to the bytes of Pillow's ImageOps.fit, rows before columns", () => {
  assert.equal(fixture.fits.length, 3 * 4 * 4);
  const inputs = fixture.inputs.map(bitmap);
  for (const { image, width, height, filter, pixels } of fixture.fits) {
    const fitted = fitBitmap(inputs[image], { width, height, filter });
    const { channels } = inputs[image];
    assert.deepEqual(
      fitted,
      { width, height, channels, data: bytes(pixels) },
      `${image} to ${width}×${height} ${filter}`,
    );
  }
});

test("a picture laid on a ground, and made grey, has Pillow's bytes", () => {
  const { width, height, rgba, ground, flat, grey } = fixture.colours;
  const laid = flattenAlpha({ width, height, channels: 4, data: bytes(rgba) }, ground);
  assert.deepEqual(laid, { width, height, channels: 3, data: bytes(flat) });
  assert.deepEqual(withChannels(laid, 1), { width, height, channels: 1, data: bytes(grey) });
});
