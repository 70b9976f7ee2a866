/** The correlation of feature maps is the cosine of their centred patterns. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { mapCorrelation } from "../../../src/metrics/index.js";
import { RandomStream } from "../../../src/random/index.js";
import * as tf from "../../../src/runtime/tf.js";

const stream = new RandomStream(1, "maps");
const pattern = stream.normals(3 * 4 * 2);
const other = stream.normals(3 * 4 * 2);
/** A pattern at another strength on another ground, a different one for each channel. */
const again = (scale: number, ground: readonly number[]) => pattern.map((v, i) => scale * v + ground[i % 2]);
const map = tf.tensor4d(
  [...pattern, ...again(3, [5, -7]), ...again(-1, [0, 2]), ...other, ...again(0, [1, 2])],
  [5, 3, 4, 2],
);

test("the same pattern correlates by ±1, whatever its strength and ground", () => {
  const before = tf.memory().numTensors;
  assert.ok(Math.abs(mapCorrelation(map, 0, 0) - 1) < 1e-6);
  assert.ok(Math.abs(mapCorrelation(map, 0, 1) - 1) < 1e-6);
  assert.ok(Math.abs(mapCorrelation(map, 1, 2) + 1) < 1e-6);
  assert.equal(tf.memory().numTensors, before, "tensors left behind");
});

test("of two patterns it is the cosine of their angle, channel means taken off", () => {
  const off = (values: Float32Array) => {
    const means = [0, 1].map((c) => values.filter((_, i) => i % 2 === c).reduce((sum, v) => sum + v, 0) / 12);
    return Array.from(values, (v, i) => v - means[i % 2]);
  };
  const [a, b] = [off(pattern), off(other)];
  const dot = (x: number[], y: number[]) => x.reduce((sum, v, i) => sum + v * y[i], 0);
  assert.ok(Math.abs(mapCorrelation(map, 0, 3) - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))) < 1e-6);
});

test("what has no pattern, or is not there, is refused", () => {
  assert.throws(() => mapCorrelation(map, 0, 4), /channels are all constant/);
  assert.throws(() => mapCorrelation(map, 0, 5), /no example 5 in a map of shape \[5,3,4,2\]/);
  assert.throws(() => mapCorrelation(tf.zeros([2, 3]), 0, 1), /must be \[N, H, W, C\]/);
});
