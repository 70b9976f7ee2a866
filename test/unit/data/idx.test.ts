/** IDX files are read as their format says, and damaged or hostile ones are refused. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { IdxError, loadIdxDataset, parseIdx, readIdx } from "../../../src/data/index.js";

function idx(dimensions: readonly number[], values: Uint8Array, type = 8): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * dimensions.length + values.length);
  bytes[2] = type;
  bytes[3] = dimensions.length;
  const view = new DataView(bytes.buffer);
  dimensions.forEach((dimension, i) => view.setUint32(4 + 4 * i, dimension));
  bytes.set(values, 4 + 4 * dimensions.length);
  return bytes;
}

const IMAGES = idx([2, 2, 3], Uint8Array.of(0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255));
const LABELS = idx([2], Uint8Array.of(1, 0));

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "idx-"));
});
after(() => rm(folder, { recursive: true }));

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

describe("parseIdx", () => {
  test("reads sizes big-endian and values in order", () => {
    const { dimensions, data } = parseIdx(IMAGES);
    assert.deepEqual(dimensions, [2, 2, 3]);
    assert.deepEqual([...data], [0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255]);
  });

  test("reads back any array, also from the middle of a buffer", () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(sizes, fc.nat(7), (dimensions, shift) => {
        const values = Uint8Array.from({ length: dimensions.reduce((a, b) => a * b, 1) }, (_, i) => i * 37);
        const bytes = idx(dimensions, values);
        const shifted = new Uint8Array(shift + bytes.length);
        shifted.set(bytes, shift);
        const array = parseIdx(shifted.subarray(shift));
        assert.deepEqual(array.dimensions, dimensions);
        assert.deepEqual([...array.data], [...values]);
      }),
    );
  });

  test("allocates nothing the header claims: a claim of 2^128 bytes is refused at once", () => {
    const huge = idx([0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], new Uint8Array(3));
    assert.throws(() => parseIdx(huge, "huge"), /huge: the header says .*but 3 follow/);
  });

  test("refuses damage, naming it", () => {
    const bad: [Uint8Array, RegExp][] = [
      [new Uint8Array(3), /3 bytes are too few/],
      [Uint8Array.of(1, 0, 8, 1, 0, 0, 0, 0), /begins 00 00, this one 01 00 08 01/],
      [idx([2], Uint8Array.of(1, 0), 0x0d), /holds float32/],
      [idx([2], Uint8Array.of(1, 0), 0x07), /unknown type 0x7/],
      [Uint8Array.of(0, 0, 8, 0), /0 dimensions/],
      [Uint8Array.of(0, 0, 8, 5, 0, 0, 0, 0), /5 dimensions/],
      [LABELS.subarray(0, 7), /end inside the header of 8/],
      [IMAGES.subarray(0, IMAGES.length - 1), /2×2×3 = 12 bytes, but 11 follow/],
      [Uint8Array.from([...IMAGES, 0]), /but 13 follow/],
    ];
    for (const [bytes, message] of bad) {
      assert.throws(
        () => parseIdx(bytes, "x"),
        (error: unknown) => error instanceof IdxError && message.test(error.message),
        String(message),
      );
    }
  });

  test("any bytes are either read whole or refused with an IdxError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          const { dimensions, data } = parseIdx(bytes);
          assert.equal(
            dimensions.reduce((a, b) => a * b, 1),
            data.length,
          );
        } catch (error) {
          assert.ok(error instanceof IdxError);
        }
      }),
    );
  });
});

describe("readIdx", () => {
  test("tells gzip by its first bytes", async () => {
    const plain = await readIdx(await file("plain", IMAGES));
    const packed = await readIdx(await file("packed", gzipSync(IMAGES)));
    assert.deepEqual([...packed.data], [...plain.data]);
    assert.deepEqual(packed.dimensions, [2, 2, 3]);
  });

  test("refuses a gzip bomb, a large file and cut gzip data", async () => {
    const bomb = await file("bomb", gzipSync(new Uint8Array(1_000_000)));
    await assert.rejects(readIdx(bomb, { maximumBytes: 100_000 }), /unpacks to more than the 100000 bytes/);
    await assert.rejects(
      readIdx(await file("large", new Uint8Array(11)), { maximumBytes: 10 }),
      /11 bytes, more than the 10/,
    );
    const packed = gzipSync(IMAGES);
    await assert.rejects(
      readIdx(await file("cut", packed.subarray(0, packed.length - 9))),
      /gzip data is cut or damaged/,
    );
    const flipped = Uint8Array.from(packed);
    flipped[flipped.length - 6] ^= 1;
    await assert.rejects(readIdx(await file("crc", flipped)), IdxError);
  });

  test("a missing file is the system's error, with its path", async () => {
    await assert.rejects(readIdx(join(folder, "missing")), /ENOENT.*missing/);
  });
});

describe("loadIdxDataset", () => {
  const classes = ["a", "b"];
  test("joins images and labels", async () => {
    const set = await loadIdxDataset({
      name: "toy",
      images: await file("i", IMAGES),
      labels: await file("l", LABELS),
      classes,
    });
    assert.deepEqual([set.count, set.height, set.width, set.channels], [2, 2, 3, 1]);
    assert.deepEqual([...set.labels], [1, 0]);
  });

  test("reads channels from a fourth dimension", async () => {
    const images = await file("i4", idx([2, 1, 2, 3], new Uint8Array(12)));
    const set = await loadIdxDataset({ name: "toy", images, labels: await file("l", LABELS), classes });
    assert.deepEqual([set.height, set.width, set.channels], [1, 2, 3]);
  });

  test("refuses what does not fit together", async () => {
    const images = await file("i", IMAGES);
    const labels = await file("l", LABELS);
    const load = (i: string, l: string, names = classes): Promise<unknown> =>
      loadIdxDataset({ name: "toy", images: i, labels: l, classes: names });
    await assert.rejects(load(labels, labels), /images need 3 or 4 dimensions, got 2/);
    await assert.rejects(load(images, images), /labels need 1 dimension/);
    await assert.rejects(load(images, await file("l3", idx([3], new Uint8Array(3)))), /2 images, but .* 3 labels/);
    await assert.rejects(load(images, labels, ["only"]), /label 1 of example 0 names none of 1 classes/);
  });
});
