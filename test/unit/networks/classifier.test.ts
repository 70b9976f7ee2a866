/** The classifier gives probabilities, has gradients and leaks nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { Classifier } from "../../../src/networks/index.js";
import { checkJointGradient, largestDifference, normal } from "../nn/gradient-check.js";

const config = { height: 13, width: 10, in_channels: 2, channels: [8, 8, 8], features: 4, classes: 3 } as const;

test("Classifier: shapes, probabilities, gradients, no tensor left", () => {
  const classifier = new Classifier(config, { seed: 1 });
  const x = normal([2, 13, 10, 2], 1) as tf.Tensor4D;
  assert.deepEqual(classifier.features(x).shape, [2, 4]);
  const p = classifier.classify(x);
  assert.deepEqual(p.shape, [2, 3]);
  assert.ok(largestDifference(tf.sum(p, 1), tf.ones([2])) < 1e-6);
  checkJointGradient(([v]) => classifier.logits(v as tf.Tensor4D), [x], classifier.parameters);
});

test("Classifier refuses images of another size", () => {
  const classifier = new Classifier(config);
  assert.throws(
    () => classifier.logits(tf.zeros([1, 5, 6, 2])),
    /takes images \[N, 13, 10, 2\], got shape \[1,5,6,2\]/,
  );
});
