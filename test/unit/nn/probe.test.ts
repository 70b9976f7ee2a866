/** A probe sees every part's result and changes none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import {
  Conv2d,
  Dense,
  MultiHeadAttention,
  Parameters,
  part,
  probe,
  ResnetBlock,
  scaledDotProductAttention,
  type Part,
} from "../../../src/nn/index.js";
import { joinsNext } from "../../../src/nn/probe.js";
import { largestDifference, normal } from "./gradient-check.js";

const names = (parts: readonly Part[]): string[] => parts.map(({ name }) => name);
const residual = (inputs: number, outputs: number) => {
  const parameters = new Parameters({ seed: 1 });
  return new ResnetBlock(parameters.scope("block"), { inputs, outputs, timeChannels: 3, groups: 2 });
};
const x = normal([2, 5, 4, 4], 1) as tf.Tensor4D;
const e = normal([2, 3], 2) as tf.Tensor2D;

test("a probe sees what every part returned, and changes nothing", () => {
  const block = residual(4, 6);
  const alone = block.apply(x, e);
  const before = tf.memory().numTensors;
  const seen = probe(() => block.apply(x, e));
  assert.equal(largestDifference(seen.output, alone), 0);
  assert.deepEqual(names(seen.parts), ["block"]);
  const inner = [
    "block.norm1",
    "block.conv1",
    "block.time_emb_proj",
    "block.norm2",
    "block.conv2",
    "block.conv_shortcut",
  ];
  assert.deepEqual(names(seen.parts[0].inner), inner);
  assert.deepEqual(seen.parts[0].shape, [2, 5, 4, 6]);
  // y = shortcut(x) + h, the block's own definition
  const sum = tf.tidy(() => tf.add(seen.get("block.conv_shortcut"), seen.get("block.conv2")));
  assert.ok(largestDifference(sum, seen.get("block")) < 1e-6);
  sum.dispose();
  seen.dispose();
  assert.equal(tf.memory().numTensors, before, "tensors left behind");
});

test("attention weights are softmax(Q·Kᵀ/√d), and V mixed by them is what goes on", () => {
  const attention = new MultiHeadAttention(new Parameters({ seed: 2 }).scope("a"), {
    channels: 6,
    heads: 2,
    contextChannels: 5,
  });
  const [tokens, context] = [normal([2, 3, 6], 3) as tf.Tensor3D, normal([2, 4, 5], 4) as tf.Tensor3D];
  const seen = probe(() => attention.apply(tokens, context));
  const weights = seen.get("a.weights");
  assert.deepEqual(weights.shape, [2, 2, 3, 4]);
  const [q, k, v] = ["a.to_q", "a.to_k", "a.to_v"].map((name) => seen.get(name).arraySync() as number[][][]);
  const p = weights.arraySync() as number[][][][];
  for (const [n, head, query] of [
    [0, 0, 0],
    [1, 1, 2],
  ]) {
    const channels = [0, 1, 2].map((c) => 3 * head + c);
    const scores = k[n].map((key) => channels.reduce((sum, c) => sum + q[n][query][c] * key[c], 0) / Math.sqrt(3));
    const exponentials = scores.map(Math.exp);
    const total = exponentials.reduce((sum, value) => sum + value, 0);
    exponentials.forEach((value, key) => assert.ok(Math.abs(p[n][head][query][key] - value / total) < 1e-6));
  }
  const heads = tf.reshape(
    tf.transpose(tf.matMul(weights, tf.transpose(tf.reshape(tf.tensor(v), [2, 4, 2, 3]), [0, 2, 1, 3])), [0, 2, 1, 3]),
    [2, 3, 6],
  );
  const out = new Dense(new Parameters({ seed: 2 }).scope("a.to_out.0"), { inputs: 6, outputs: 6 });
  assert.ok(largestDifference(out.apply(heads), seen.output) < 1e-6);
  seen.dispose();
});

test("weights are computed for a probe that keeps them only, block by block attention included", () => {
  const [q, k, v] = [1, 2, 3].map((seed) => normal([1, 2, 6, 3], seed) as tf.Tensor4D);
  const blockwise = (): tf.Tensor4D =>
    part("layer", "attention", () => scaledDotProductAttention(q, k, v, { maxScores: 24 }));
  const alone = blockwise();
  const before = tf.memory().numTensors;
  const seen = probe(blockwise);
  assert.deepEqual(seen.get("layer.weights").shape, [1, 2, 6, 6]);
  assert.ok(largestDifference(seen.output, alone) < 1e-6);
  seen.dispose();
  const blind = probe(blockwise, { keep: ({ kind }) => kind !== "attention weights" });
  assert.deepEqual(names([...blind.all()]), ["layer"]);
  assert.equal(blind.parts[0].multiplyAdds, 2 * 6 * 6 * (3 + 3));
  blind.dispose();
  assert.equal(tf.memory().numTensors, before, "tensors left behind");
});

test("gradients pass through a probe unchanged", () => {
  const block = residual(4, 4);
  const f = (input: tf.Tensor): tf.Tensor => tf.sum(tf.square(block.apply(input as tf.Tensor4D, e)));
  const plain = tf.grad(f)(x);
  const seen = probe(() => tf.grad(f)(x));
  assert.equal(largestDifference(seen.output, plain), 0);
  assert.ok(seen.get("block.conv1"));
  seen.dispose();
});

test("a part in one of the same name is the same part; earlier results that join are named", () => {
  const inside = (name: string): tf.Tensor => part(name, "norm", () => part(name, "dense", () => tf.add(x, 1)));
  const seen = probe(() => {
    const first = inside("first");
    inside("second");
    joinsNext(first);
    return inside("third");
  });
  assert.deepEqual(
    seen.parts.map(({ name, kind, skips, inner }) => [name, kind, skips, inner.length]),
    [
      ["first", "norm", [], 0],
      ["second", "norm", [], 0],
      ["third", "norm", ["first"], 0],
    ],
  );
  seen.dispose();
});

test("probes within probes, errors within probes", () => {
  const conv = new Conv2d(new Parameters().scope("conv"), { inputs: 4, outputs: 1 });
  const before = tf.memory().numTensors;
  const outer = probe(() => {
    const inner = probe(() => conv.apply(x));
    assert.deepEqual(names(inner.parts), ["conv"]);
    tf.dispose([...inner.all()].map(({ output }) => output!));
    return part("outer", "dense", () => tf.clone(inner.output));
  });
  assert.deepEqual(names(outer.parts), ["outer"]);
  assert.throws(() => outer.get("conv"), /no part "conv" was kept; there are outer/);
  outer.dispose();
  assert.throws(
    () => probe(() => (conv.apply(x), conv.apply(tf.zeros([1, 4, 4, 3])))),
    /convolution of 4 input channels/,
  );
  assert.equal(tf.memory().numTensors, before, "tensors left behind");
  const blind = probe(() => tf.add(x, 1));
  assert.throws(() => blind.get("conv"), /there are none: call a network's own apply/);
  blind.dispose();
});
