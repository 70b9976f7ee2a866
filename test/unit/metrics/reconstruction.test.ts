/** What copies have lost: errors of known size, and detail taken out at one scale. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { highFrequencyShare, lostDetail, peakSignalToNoise, squaredErrors } from "../../../src/metrics/index.js";
import * as tf from "../../../src/runtime/tf.js";

/** cos of `cycles` across the picture, [1, 16, 16, 2], the second channel downwards. */
function waves(cycles: number): tf.Tensor4D {
  const values = Float32Array.from({ length: 512 }, (_, i) => {
    const [pixel, channel] = [i >> 1, i & 1];
    return Math.cos((2 * Math.PI * cycles * (channel === 0 ? pixel % 16 : pixel >> 4)) / 16);
  });
  return tf.tensor4d(values, [1, 16, 16, 2]);
}

test("the error of each copy is its mean square, and its ratio to the peak in dB", () => {
  const x = tf.zeros([3, 2, 2, 1]);
  const y = tf.mul(tf.ones([3, 2, 2, 1]), tf.tensor4d([0, 0.5, 2], [3, 1, 1, 1]));
  const before = tf.memory().numTensors;
  assert.deepEqual([...squaredErrors(x, y)], [0, 0.25, 4]);
  assert.equal(tf.memory().numTensors, before);
  assert.equal(peakSignalToNoise(4), 0);
  assert.ok(Math.abs(peakSignalToNoise(0.04) - 20) < 1e-12);
  assert.equal(peakSignalToNoise(0), Infinity);
  for (const wrong of [-1, NaN]) assert.throws(() => peakSignalToNoise(wrong), /a number ≥ 0, got/);
  tf.dispose([x, y]);
});

test("detail taken out at one scale is lost there and nowhere else", () => {
  // Of 8 frequencies: 1 is 1/8 of the highest, 2 is 1/4, 4 is 1/2, 7 lies in the last octave.
  const [ground, coarse, middle, fine] = [1, 2, 4, 7].map(waves);
  const x = tf.addN([ground, coarse, middle, fine, tf.onesLike(fine)]);
  const y = tf.addN([ground, coarse, middle, tf.mul(fine, 0.6)]);
  const before = tf.memory().numTensors;
  const bands = lostDetail(x, y);
  assert.equal(tf.memory().numTensors, before);
  const expected = [
    [0, 0.125, 0],
    [0.125, 0.25, 0],
    [0.25, 0.5, 0],
    [0.5, 1, 0.16],
  ];
  bands.forEach(({ above, upTo, share, lost }, i) => {
    assert.deepEqual([above, upTo], expected[i].slice(0, 2));
    assert.ok(Math.abs(share - 0.25) < 1e-6, `a quarter of the energy, got ${share}`);
    assert.ok(Math.abs(lost - expected[i][2]) < 1e-6, `band ${i} lost ${lost}`);
  });
  assert.ok(Math.abs(highFrequencyShare(x) - 0.25) < 1e-6);
  const [whole] = lostDetail(x, tf.neg(x), { bands: [1] });
  assert.ok(Math.abs(whole.lost - 4) < 1e-5, "the opposite has twice the amplitude as its error");
});

test("what cannot be compared is refused", () => {
  const [x, y, flat] = [waves(1), tf.zeros([1, 16, 16, 1]), tf.zeros([1, 16, 16, 2])];
  assert.throws(() => squaredErrors(x, y), /one shape \[N, …\] with examples, got \[1,16,16,2\] and \[1,16,16,1\]/);
  assert.throws(() => lostDetail(tf.zeros([2, 4]), tf.zeros([2, 4])), /images must be \[N, H, W, C\]/);
  assert.throws(() => lostDetail(x, flat, { bands: [0.5, 0.25, 1] }), /bands must rise above 0 up to 1/);
  assert.throws(() => lostDetail(x, flat, { bands: [0.5] }), /bands must rise above 0 up to 1, got \[0.5\]/);
  assert.throws(() => lostDetail(flat, x), /no detail above 0 up to 0.125: give wider bands/);
});
