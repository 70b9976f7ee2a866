/** The detector gives logits of every fact, has gradients and leaks nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DigitDetector } from "../../../src/networks/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { checkJointGradient, normal } from "../nn/gradient-check.js";

const small = { channels: [8, 8, 8], features: 4 } as const;

test("DigitDetector: shapes, gradients, no tensor left", () => {
  const detector = new DigitDetector(small, { seed: 1 });
  const x = normal([2, 32, 32, 3], 1) as tf.Tensor4D;
  const before = tf.memory().numTensors;
  const { digit, colour, size, ground } = detector.logits(x);
  assert.deepEqual(
    [digit, colour, size, ground].map(({ shape }) => shape),
    [
      [2, 9, 11],
      [2, 9, 8],
      [2, 9, 2],
      [2, 4],
    ],
  );
  tf.dispose([digit, colour, size, ground]);
  assert.equal(tf.memory().numTensors, before);
  const all = ([v]: tf.Tensor[]): tf.Tensor =>
    tf.tidy(() => {
      const flat = Object.values(detector.logits(v as tf.Tensor4D)).map((one) => tf.reshape(one, [2, -1]));
      return tf.concat(flat, 1);
    });
  checkJointGradient(all, [x], detector.parameters);
});

test("DigitDetector refuses pictures of another size, and configurations that cannot be", () => {
  const detector = new DigitDetector(small);
  assert.throws(
    () => detector.logits(tf.zeros([1, 28, 28, 1])),
    /takes pictures \[N, 32, 32, 3\], got shape \[1,28,28,1\]/,
  );
  assert.throws(() => new DigitDetector({ channels: [8, 8, 12] }), /three multiples of 8, got \[8,8,12\]/);
  assert.throws(() => new DigitDetector({ features: 0 }), /features/);
  assert.throws(() => new DigitDetector({ chanels: [8, 8, 8] } as object), /does not know chanels/);
});
