/** Damaged, cut and hostile pictures are refused, and none takes memory for what it claims. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { decodeJpeg, decodePicture, decodePng, encodePng, pngSize } from "../../../src/files/index.js";
import { chunk, rawPng, ROWS } from "./raw-png.js";

const good = rawPng({});
const jpegs = (
  JSON.parse(readFileSync(join(import.meta.dirname, "../../parity/pictures/fixtures/pictures.json"), "utf8")) as {
    jpegs: { name: string; file: string }[];
  }
).jpegs;
const jpegNamed = (name: string): Buffer => Buffer.from(jpegs.find((jpeg) => jpeg.name === name)!.file, "base64");

/** A copy with one byte changed. */
function changed(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
}

test("what libpng refuses is refused", () => {
  assert.deepEqual([...decodePng(good).data.subarray(0, 9)], [0, 1, 2, 3, 4, 5, 6, 7, 0]);
  const bad: Record<string, Uint8Array> = {
    "a missing row": rawPng({ rows: ROWS.subarray(0, 63) }),
    "half a row": rawPng({ rows: ROWS.subarray(0, 68) }),
    "an unknown filter": rawPng({ rows: changed(ROWS, 9, 5) }),
    "a wrong checksum": changed(good, good.length - 14, good[good.length - 14] ^ 1),
    "a wrong checksum of the header": changed(good, 29, good[29] ^ 1),
    "a file without its end": good.slice(0, -12),
    "a file cut within its pixels": good.slice(0, -20),
    "an unknown critical chunk": rawPng({ extra: [chunk("ABCD")] }),
    "a palette without colours": rawPng({ colour: 3 }),
    "a second header": rawPng({ extra: [good.slice(8, 33)] }),
    "3 bits a channel": rawPng({ depth: 3 }),
    "colours of 4 bits": rawPng({ depth: 4, colour: 2 }),
    "an unknown colour type": rawPng({ colour: 5 }),
    "no width": rawPng({ width: 0 }),
    "packed data that are none": new Uint8Array(
      Buffer.concat([good.slice(0, 33), chunk("IDAT", new Uint8Array(20).fill(7)), chunk("IEND")]),
    ),
  };
  for (const [what, bytes] of Object.entries(bad)) {
    assert.throws(() => decodePng(bytes), { name: "RangeError", message: /^this PNG is cut or damaged \(.+\)$/ }, what);
  }
  // The last four bytes are the checksum of an empty chunk, after all that counts.
  for (let length = 0; length < good.length - 4; length++) {
    assert.throws(() => decodePng(good.slice(0, length)), RangeError, `${length} bytes`);
  }
});

test("a JPEG that is cut is refused, where a decoder would paint the rest grey", () => {
  for (const name of ["4:2:0", "progressive", "orientation 6"]) {
    const jpeg = jpegNamed(name);
    assert.ok(decodeJpeg(jpeg).data.length > 0);
    for (let length = 0; length < jpeg.length; length += 5) {
      assert.throws(() => decodeJpeg(jpeg.subarray(0, length)), RangeError, `${name}, ${length} bytes`);
    }
  }
});

test("a size is refused before memory is taken for it, and named with the remedy", () => {
  const huge = rawPng({ width: 60_000, height: 60_000 });
  assert.throws(() => decodePng(huge), /claims 60000×60000 pixels, more than the 67108864 allowed.*maximumPixels/);
  const jpeg = jpegNamed("4:4:4");
  const frame = jpeg.indexOf(Uint8Array.of(0xff, 0xc0));
  jpeg.writeUInt16BE(65_500, frame + 5);
  jpeg.writeUInt16BE(65_500, frame + 7);
  assert.throws(() => decodePicture(jpeg), /this JPEG claims 65500×65500 pixels/);
  assert.throws(() => decodePng(good, { maximumPixels: 63 }), /claims 8×8 pixels, more than the 63 allowed/);
  assert.equal(decodePng(good, { maximumPixels: 64 }).width, 8);
  assert.throws(() => decodePng(good, { maximumPixels: 0 }), /maximumPixels must be a whole number ≥ 1/);
  assert.throws(() => decodePng(good, { pixels: 9 } as object), /unknown option "pixels"/);
});

test("pixels, profiles and texts that unpack to 300 MB are not unpacked", () => {
  const many = deflateSync(Buffer.alloc(300_000_000));
  const packed = (head: string): Buffer => Buffer.concat([Buffer.from(head), many]);
  const notes = [
    chunk("iCCP", packed("a\0\0")),
    chunk("zTXt", packed("a\0\0")),
    chunk("iTXt", packed("a\0\x01\0\0\0")),
  ];
  const bombs = { pixels: rawPng({ extra: [chunk("IDAT", many)] }), notes: rawPng({ extra: notes }) };
  const folder = mkdtempSync(join(tmpdir(), "bombs-"));
  try {
    for (const [name, bytes] of Object.entries(bombs)) writeFileSync(join(folder, name), bytes);
    // The making of them took memory, too: what reading takes is seen in a process of its own.
    const program = `
      import { readFileSync } from "node:fs";
      import { decodePng } from "./src/files/index.js";
      const files = ${JSON.stringify(Object.keys(bombs).map((name) => join(folder, name)))};
      decodePng(readFileSync("assets/mnist-unet/grid.png"));
      const before = process.resourceUsage().maxRSS;
      for (const file of files) console.log(decodePng(readFileSync(file)).data.length);
      console.log(process.resourceUsage().maxRSS - before < 100_000);`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
      cwd: join(import.meta.dirname, "../../.."),
      encoding: "utf8",
    });
    assert.equal(stdout, "64\n64\ntrue\n", stderr);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("texts, profiles and EXIF beside the pixels change none of them", () => {
  const notes = [
    chunk("tEXt", Buffer.from("a\0b")),
    chunk("iCCP", Buffer.from("a\0\0no profile")),
    chunk("eXIf", Buffer.from("II*\0")),
    chunk("gAMA", Uint8Array.of(0, 0, 1, 0)),
  ];
  assert.deepEqual(decodePng(rawPng({ extra: notes })), decodePng(good));
});

test("a picture is told by its bytes, and another format by its name", () => {
  const foreign: Record<string, string> = {
    "a GIF": "GIF89a",
    "a WebP": "RIFF\0\0\0\0WEBPVP8 ",
    "a BMP": "BM123456",
    "a TIFF": "II*\0",
    "an AVIF or HEIC": "\0\0\0\x20ftypavif",
    "an SVG or another text": "<svg/>",
    this: "none",
  };
  for (const [name, head] of Object.entries(foreign)) {
    const message = `${name} is neither a PNG nor a JPEG: convert the picture to one of them`;
    assert.throws(() => decodePicture(Buffer.from(head, "latin1")), { name: "RangeError", message });
  }
  assert.equal(decodePicture(jpegNamed("grey")).channels, 1);
  assert.throws(() => decodeJpeg(good), /not a JPEG/);
  assert.throws(() => decodePng(jpegNamed("grey")), /not a PNG/);
});

test("the size of a PNG is read from a sound header only", () => {
  assert.deepEqual(pngSize(encodePng({ width: 3, height: 2, channels: 1, data: new Uint8Array(6) })), {
    width: 3,
    height: 2,
  });
  assert.throws(() => pngSize(good.slice(0, 32)), /cut or damaged/);
  assert.throws(() => pngSize(changed(good, 12, 0)), /cut or damaged/);
  assert.throws(() => pngSize(new Uint8Array(40)), /not a PNG/);
});
