/** Gradients of gradients are exact on both backends and leave nothing behind. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";

const POINTS = [-1.3, -0.4, 0.2, 0.9, 2.1];

/** Functions of one number whose first gradient uses their own result or compares, with their second derivatives. */
const functions: Record<string, [apply: (x: tf.Tensor) => tf.Tensor, second: (x: number) => number]> = {
  tanh: [tf.tanh, (x) => -2 * Math.tanh(x) * (1 - Math.tanh(x) ** 2)],
  sigmoid: [
    tf.sigmoid,
    (x) => {
      const s = 1 / (1 + Math.exp(-x));
      return s * (1 - s) * (1 - 2 * s);
    },
  ],
  exp: [tf.exp, Math.exp],
  "silu, a product with a result": [
    (x) => tf.mul(x, tf.sigmoid(x)),
    (x) => {
      const s = 1 / (1 + Math.exp(-x));
      return s * (1 - s) * (2 + x * (1 - 2 * s));
    },
  ],
  "leakyRelu squared": [(x) => tf.square(tf.leakyRelu(x, 0.2)), (x) => (x < 0 ? 0.08 : 2)],
  "the larger of two": [(x) => tf.square(tf.maximum(x, 0)), (x) => (x < 0 ? 0 : 2)],
  square: [tf.square, () => 2],
};

for (const backend of ["tensorflow", "cpu"]) {
  for (const [name, [apply, second]] of Object.entries(functions)) {
    test(`the second derivative of ${name} is exact on ${backend}, and nothing is left behind`, async () => {
      await tf.setBackend(backend);
      const before = tf.memory().numTensors;
      const values = tf.tidy(() => {
        const first = tf.grad((x: tf.Tensor) => tf.sum(apply(x)));
        return tf
          .grad((x: tf.Tensor) => tf.sum(first(x)))(tf.tensor1d(POINTS))
          .dataSync();
      });
      values.forEach((value, i) => {
        const expected = second(POINTS[i]);
        assert.ok(Math.abs(value - expected) < 2e-5, `at ${POINTS[i]}: ${value}, expected ${expected}`);
      });
      assert.equal(tf.memory().numTensors, before);
      await tf.setBackend("tensorflow");
    });
  }
}
