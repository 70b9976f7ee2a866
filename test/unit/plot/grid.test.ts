/** Image grids enlarge by whole pixels and mark values that are not finite. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodePng } from "../../../src/files/index.js";
import { filmStrip, imageGrid } from "../../../src/plot/index.js";
import * as tf from "../../../src/runtime/tf.js";

function pixel(png: Uint8Array, x: number, y: number): number[] {
  const { width, channels, data } = decodePng(png);
  return [...data.slice(channels * (y * width + x), channels * (y * width + x) + channels)];
}

test("each image pixel becomes a square of whole pixels", () => {
  const values = [-1, 1, 0, -0.5, 1, 1, -1, -1];
  const before = tf.memory().numTensors;
  const images = tf.tensor4d(values, [2, 2, 2, 1]);
  const { png, width, height } = imageGrid(images, { columns: 2, scale: 3, gap: 1 });
  images.dispose();
  assert.equal(tf.memory().numTensors, before);
  const bitmap = decodePng(png);
  assert.deepEqual([bitmap.width, bitmap.height, bitmap.channels, width, height], [13, 6, 1, 13, 6]);
  for (let y = 0; y < 6; y++) {
    for (let x = 0; x < 13; x++) {
      const [image, column] = x < 6 ? [0, x] : [1, x - 7];
      const value = values[4 * image + 2 * Math.floor(y / 3) + Math.floor(column / 3)];
      const expected = x === 6 ? 255 : Math.round(((value + 1) / 2) * 255);
      assert.equal(bitmap.data[13 * y + x], expected, `pixel ${x}, ${y}`);
    }
  }
});

test("bytes and colours come through unchanged", () => {
  const images = Uint8Array.of(10, 20, 30, 200, 100, 0);
  const { png } = imageGrid({ images, height: 1, width: 2, channels: 3 }, { columns: 1, scale: 2 });
  assert.deepEqual(
    [pixel(png, 1, 1), pixel(png, 2, 0)],
    [
      [10, 20, 30],
      [200, 100, 0],
    ],
  );
});

test("labels and title stand on doubled pixels, images stay exact", () => {
  const images = Uint8Array.from({ length: 32 * 2 }, (_, i) => (i < 32 ? 0 : 77));
  const picture = imageGrid(
    { images, height: 4, width: 8, channels: 1 },
    { scale: 4, gap: 2, labels: ["a", "b"], title: "T" },
  );
  const bitmap = decodePng(picture.png);
  assert.deepEqual([bitmap.width, bitmap.height], [2 * picture.width, 2 * picture.height]);
  const title = 26;
  assert.deepEqual(pixel(picture.png, 0, 2 * title)[0], 0);
  assert.deepEqual(pixel(picture.png, 2 * (8 * 4 + 2), 2 * title)[0], 77);
  const dark = (from: number, to: number) => {
    let count = 0;
    for (let y = 2 * from; y < 2 * to; y++)
      for (let x = 0; x < bitmap.width; x++) if (pixelAt(bitmap, x, y) < 100) count++;
    return count;
  };
  assert.ok(dark(0, title) > 20, "title");
  assert.ok(dark(title + 16, picture.height) > 20, "labels");
});

function pixelAt({ width, channels, data }: ReturnType<typeof decodePng>, x: number, y: number): number {
  return data[channels * (y * width + x)];
}

test("a value that is not finite is magenta and said so", () => {
  const images = tf.tensor4d([0, NaN, 0, 0], [1, 2, 2, 1]);
  const { png, alt } = imageGrid(images, { scale: 1 });
  assert.deepEqual(pixel(png, 1, 0), [255, 0, 255]);
  assert.match(alt, /1 pixels are not finite/);
});

test("a film strip has a column for each frame and a row for each example", () => {
  const frames = [0, 51, 102].map((grey) => ({
    images: Uint8Array.of(grey, grey + 1),
    height: 1,
    width: 1,
    channels: 1,
  }));
  const { png } = filmStrip(frames, { scale: 2, gap: 0 });
  const { width, height, data } = decodePng(png);
  assert.deepEqual([width, height], [6, 4]);
  assert.deepEqual([...data.slice(0, 6)], [0, 0, 51, 51, 102, 102]);
  assert.deepEqual([...data.slice(12, 18)], [1, 1, 52, 52, 103, 103]);
});

test("wrong shapes, scales and numbers of labels are refused", () => {
  const one = { images: Uint8Array.of(1), height: 1, width: 1, channels: 1 };
  assert.throws(() => imageGrid(tf.zeros([2, 4])), /shape \[2, 4\] is no batch of images/);
  assert.throws(() => imageGrid(tf.zeros([0, 4, 4, 1])), /n ≥ 1/);
  assert.throws(() => imageGrid({ ...one, images: new Uint8Array(3), width: 2 }), /3 bytes/);
  assert.throws(() => imageGrid(one, { scale: 1.5 }), /scale is 1.5/);
  assert.throws(() => imageGrid(one, { labels: ["a", "b"] }), /2 labels for 1 images/);
  assert.throws(() => imageGrid(one, { range: [1, 1] }), /is empty/);
  assert.throws(() => filmStrip([]), /at least one frame/);
  assert.throws(() => filmStrip([one, { ...one, images: Uint8Array.of(1, 2) }]), /differ/);
});
