/** Residual blocks and time embeddings have known values and exact gradients. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { Parameters, ResnetBlock, sinusoidalEmbedding, TimeEmbedding } from "../../../src/nn/index.js";
import { checkGradients, largestDifference, normal } from "./gradient-check.js";

test("sinusoidal embedding: values by hand in both orders and with a frequency shift", () => {
  const t = tf.tensor1d([0, 1, 250.5]);
  const half = [1, 0.01];
  const angles = [0, 1, 250.5].map((time) => half.map((w) => time * w));
  const cosSin = angles.map((a) => [...a.map(Math.cos), ...a.map(Math.sin)]);
  const sinCos = angles.map((a) => [...a.map(Math.sin), ...a.map(Math.cos)]);
  assert.ok(largestDifference(sinusoidalEmbedding(t, { dimensions: 4 }), tf.tensor2d(cosSin)) < 1e-5);
  assert.ok(largestDifference(sinusoidalEmbedding(t, { dimensions: 4, order: "sin-cos" }), tf.tensor2d(sinCos)) < 1e-5);
  // With shift 1 the ladder ends at 1/10000.
  const shifted = sinusoidalEmbedding(tf.tensor1d([10000]), { dimensions: 6, frequencyShift: 1, order: "sin-cos" });
  const expected = [1, 0.01, 1e-4].map((w) => 10000 * w);
  assert.ok(largestDifference(shifted, tf.tensor2d([[...expected.map(Math.sin), ...expected.map(Math.cos)]])) < 1e-3);
  for (const dimensions of [3, 0, 2.5]) {
    assert.throws(() => sinusoidalEmbedding(t, { dimensions }), /dimensions must be even/);
    assert.throws(
      () => sinusoidalEmbedding(t, { dimensions: 4, frequencyShift: 2 }),
      /must be below 2, half the dimensions, got 2/,
    );
  }
});

test("TimeEmbedding: gradients", () => {
  const parameters = new Parameters({ seed: 1 });
  const embedding = new TimeEmbedding(parameters.scope("time_embedding"), { inputs: 4, outputs: 6 });
  assert.deepEqual(parameters.names, [
    "time_embedding.linear_1.weight",
    "time_embedding.linear_1.bias",
    "time_embedding.linear_2.weight",
    "time_embedding.linear_2.bias",
  ]);
  checkGradients(([e]) => embedding.apply(e as tf.Tensor2D), [normal([3, 4], 1)], parameters);
});

for (const timeScaleShift of ["default", "scale_shift"] as const) {
  for (const outputs of [4, 6]) {
    test(`ResnetBlock 4 → ${outputs}, ${timeScaleShift}: gradients of image, time and every parameter`, () => {
      const parameters = new Parameters({ seed: 2 });
      const block = new ResnetBlock(parameters.scope("r"), {
        inputs: 4,
        outputs,
        timeChannels: 5,
        groups: 2,
        timeScaleShift,
        outputScale: 1.5,
      });
      assert.equal(parameters.has("r.conv_shortcut.weight"), outputs !== 4);
      const doubled = timeScaleShift === "scale_shift" ? 2 : 1;
      assert.deepEqual(parameters.get("r.time_emb_proj.weight").variable.shape, [5, doubled * outputs]);
      checkGradients(
        ([x, e]) => block.apply(x as tf.Tensor4D, e as tf.Tensor2D),
        [normal([2, 4, 3, 4], 1), normal([2, 5], 2)],
        parameters,
        { tolerance: 6e-3, entries: 3 },
      );
    });
  }
}

test("ResnetBlock without time: no projection, gradients, and an embedding is refused", () => {
  const parameters = new Parameters({ seed: 2 });
  const sizes = { inputs: 4, outputs: 6, groups: 2 };
  const block = new ResnetBlock(parameters.scope("r"), { ...sizes, timeChannels: null });
  assert.ok(!parameters.names.some((name) => name.includes("time_emb_proj")));
  const x = normal([2, 4, 3, 4], 1) as tf.Tensor4D;
  checkGradients(([image]) => block.apply(image as tf.Tensor4D, null), [x], parameters, {
    tolerance: 6e-3,
    entries: 3,
  });
  // The same block that is told a time of which it takes no notice.
  const told = new Parameters({ seed: 2 });
  const same = new ResnetBlock(told.scope("r"), { ...sizes, timeChannels: 5 });
  for (const name of ["r.time_emb_proj.weight", "r.time_emb_proj.bias"]) {
    const { variable } = told.get(name);
    variable.assign(tf.zerosLike(variable));
  }
  const e = normal([2, 5], 2) as tf.Tensor2D;
  assert.equal(largestDifference(block.apply(x, null), same.apply(x, e)), 0);
  assert.throws(() => block.apply(x, e), /r was built with timeChannels = null: give null instead of an embedding/);
  assert.throws(() => same.apply(x, null), /r was built with timeChannels = 5: give the time's embedding/);
  assert.throws(
    () => new ResnetBlock(new Parameters().scope("r"), { ...sizes, timeChannels: null, timeScaleShift: "scale_shift" }),
    /"scale_shift" needs timeChannels/,
  );
});

test("ResnetBlock with a silent second convolution is its skip path over the scale", () => {
  const parameters = new Parameters({ seed: 2 });
  const block = new ResnetBlock(parameters.scope("r"), {
    inputs: 4,
    outputs: 4,
    timeChannels: 5,
    groups: 2,
    outputScale: 2,
  });
  for (const name of ["r.conv2.weight", "r.conv2.bias"]) {
    const { variable } = parameters.get(name);
    variable.assign(tf.zerosLike(variable));
  }
  const x = normal([2, 4, 3, 4], 1) as tf.Tensor4D;
  assert.equal(largestDifference(block.apply(x, normal([2, 5], 2) as tf.Tensor2D), tf.div(x, 2)), 0);
});
