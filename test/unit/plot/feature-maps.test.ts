/** Feature maps and attention weights become pictures with documented scales. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { RandomStream } from "../../../src/random/index.js";
import { attentionOverlay, channelImages, principalColours } from "../../../src/plot/index.js";

test("channels become grey images, each on its own scale about mid-grey", () => {
  // Two channels of a 1 × 2 map: (2, −1) and (0, 10).
  const map = tf.tensor4d([2, 0, -1, 10], [1, 1, 2, 2]);
  const { images, height, width, channels } = channelImages(map);
  assert.deepEqual([height, width, channels], [1, 2, 1]);
  assert.deepEqual([...images], [255, 64, 128, 255]);
  assert.equal(channelImages(map, { count: 1 }).images.length, 2);
  assert.deepEqual([...channelImages(tf.zeros([1, 1, 2, 1])).images], [128, 128]);
  assert.throws(() => channelImages(tf.zeros([2, 1, 2, 1])), /of one example, got 2/);
  assert.throws(() => channelImages(tf.zeros([3, 4])), /shape \[n, height, width, channels\], got \[3,4\]/);
});

test("the three directions of most variance become red, green and blue", () => {
  // Channels are an orthogonal mixture of three signals with deviations 4, 2 and 1, and of one with next to none.
  const stream = new RandomStream(1, "features");
  const signals = Array.from({ length: 400 }, () => [4, 2, 1, 0.01].map((s) => s * (stream.uniform() < 0.5 ? -1 : 1)));
  const mixture = [
    [1, 1, 1, 1],
    [1, -1, 1, -1],
    [1, 1, -1, -1],
    [1, -1, -1, 1],
  ].map((row) => row.map((v) => v / 2));
  const values = signals.flatMap((signal) =>
    [0, 1, 2, 3].map((c) => 7 + signal.reduce((sum, v, k) => sum + v * mixture[k][c], 0)),
  );
  const { images, height, width, channels } = principalColours(tf.tensor4d(values, [1, 20, 20, 4]));
  assert.deepEqual([height, width, channels], [20, 20, 3]);
  for (const k of [0, 1, 2]) {
    // Each colour follows one signal, or its opposite, and takes two values about grey.
    const agree = signals.filter((signal, i) => signal[k] > 0 === images[3 * i + k] > 127).length;
    assert.ok(agree < 20 || agree > 380, `${agree} of 400 follow signal ${k}`);
    for (let i = 0; i < 400; i++) assert.ok(Math.abs(Math.abs(images[3 * i + k] - 127.5) - 127.5 / 2.5) < 12);
  }
});

test("colours are shared by the batch, and images enlarged by whole pixels", () => {
  const one = new RandomStream(2, "map").normals(2 * 2 * 3);
  const map = tf.tensor4d([...one, ...one], [2, 2, 2, 3]);
  const { images, height, width } = principalColours(map, { size: [4, 6] });
  assert.deepEqual([height, width, images.length], [4, 6, 2 * 4 * 6 * 3]);
  const half = images.length / 2;
  assert.deepEqual(images.subarray(0, half), images.subarray(half));
  const at = (y: number, x: number) => [...images.subarray(3 * (y * 6 + x), 3 * (y * 6 + x) + 3)];
  assert.deepEqual(at(0, 0), at(1, 2));
  assert.notDeepEqual(at(0, 2), at(0, 3));
  assert.throws(() => principalColours(map, { size: [4, 5] }), /2 × 2 cannot be enlarged by whole pixels to 4 × 5/);
  assert.throws(() => principalColours(tf.zeros([1, 2, 2, 2])), /at least 3 channels, got 2/);
});

test("attention glows where the weight is, over the image, with a frame around the pixel that looks", () => {
  const image = tf.fill([1, 8, 8, 1], -1);
  const weights = tf.tensor3d([0, 0.2, 0, 0.8, 0.5, 0.5, 0, 0], [2, 2, 2]);
  const { images, height, width } = attentionOverlay(image, weights, { query: [0, 0], scale: 2 });
  assert.deepEqual([height, width, images.length], [16, 16, 2 * 16 * 16 * 3]);
  const at = (k: number, y: number, x: number) => [
    ...images.subarray(3 * ((k * 16 + y) * 16 + x), 3 * ((k * 16 + y) * 16 + x) + 3),
  ];
  const orange = [0xd5, 0x5e, 0x00];
  assert.deepEqual(
    at(0, 12, 12),
    orange.map((v) => Math.round(0.85 * v)),
  );
  assert.deepEqual(
    at(0, 4, 12),
    orange.map((v) => Math.round((0.85 * v) / 4)),
  );
  assert.deepEqual(at(0, 12, 4), [0, 0, 0]);
  assert.deepEqual(at(0, 0, 5), [0x56, 0xb4, 0xe9]);
  assert.deepEqual(at(0, 4, 4), [0, 0, 0]);
  assert.deepEqual(
    at(1, 4, 4),
    orange.map((v) => Math.round(0.85 * v)),
  );
});

test("attention that does not fit its image is refused", () => {
  const image = tf.zeros([1, 8, 8, 1]);
  assert.throws(() => attentionOverlay(image, tf.ones([4, 4]), { query: [0, 0] }), /give \[n, h, w\]/);
  assert.throws(
    () => attentionOverlay(tf.zeros([2, 8, 8, 1]), tf.ones([3, 4, 4]), { query: [0, 0] }),
    /do not fit 2 images/,
  );
  assert.throws(
    () => attentionOverlay(image, tf.ones([1, 4, 4]), { query: [4, 0] }),
    /query \[4, 0\] lies outside the grid of 4 × 4/,
  );
  assert.throws(
    () => attentionOverlay(image, tf.ones([1, 3, 4]), { query: [0, 0] }),
    /3 places do not divide 16 picture pixels/,
  );
});
