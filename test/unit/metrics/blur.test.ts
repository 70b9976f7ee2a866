/** The share of high frequencies: exact for waves, ¾ for white noise, less for what is blurred. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadDigits } from "../../../src/data/index.js";
import { firstImages, highFrequencyShare } from "../../../src/metrics/index.js";
import { RandomStream } from "../../../src/random/index.js";
import * as tf from "../../../src/runtime/tf.js";

/** One image h×w of a wave with u cycles down and v across. */
const wave = (h: number, w: number, u: number, v: number): tf.Tensor =>
  tf.tensor(
    Float32Array.from({ length: h * w }, (_, i) =>
      Math.cos(2 * Math.PI * ((u * Math.floor(i / w)) / h + (v * (i % w)) / w)),
    ),
    [1, h, w, 1],
  );

function share(images: tf.Tensor, above?: number): number {
  const result = highFrequencyShare(images, above === undefined ? {} : { above });
  images.dispose();
  return result;
}

test("a wave is high or low by its faster direction", () => {
  assert.ok(share(wave(16, 12, 4, 3)) < 1e-9, "half of the highest, both ways");
  assert.ok(share(wave(16, 12, 5, 0)) > 1 - 1e-9);
  assert.ok(share(wave(16, 12, 0, 4)) > 1 - 1e-9);
  assert.ok(share(wave(16, 12, 4, 3), 0.4) > 1 - 1e-9);
  // Energies 1 and 9 in one image.
  const mixed = tf.tidy(() => tf.add(wave(8, 8, 1, 1), tf.mul(3, wave(8, 8, 0, 3))));
  assert.ok(Math.abs(share(mixed) - 0.9) < 1e-6);
});

test("white noise has as much as there are high frequencies", () => {
  const noise = tf.tensor(new RandomStream(1, "white").normals(200 * 28 * 28), [200, 28, 28, 1]);
  const k = (i: number): number => (2 * Math.min(i, 28 - i)) / 28;
  let high = 0;
  for (let f = 1; f < 784; f++) if (Math.max(k(Math.floor(f / 28)), k(f % 28)) > 0.5) high++;
  assert.ok(Math.abs(share(noise) - high / 783) < 0.01);
});

test("digits lose it to a blur and gain it from noise; no tensor stays", () => {
  const before = tf.memory().numTensors;
  const digits = firstImages(loadDigits({ split: "heldOut" }), 50);
  const sharp = highFrequencyShare(digits);
  const blurred = share(tf.avgPool(digits, 3, 1, "same"));
  const noisy = share(tf.tidy(() => tf.add(digits, tf.randomNormal(digits.shape, 0, 0.2, "float32", 1))));
  digits.dispose();
  assert.ok(blurred < 0.3 * sharp && noisy > 2 * sharp, `${blurred} ${sharp} ${noisy}`);
  assert.equal(tf.memory().numTensors, before);
});

test("what has no frequencies is refused", () => {
  assert.throws(() => share(tf.zeros([2, 4, 4, 1])), /flat/);
  assert.throws(() => share(tf.ones([4, 4])), /\[N, H, W, C\], got a tensor of rank 2/);
  assert.throws(() => share(wave(4, 4, 1, 1), 2), /above must lie in 0 … 1/);
});
