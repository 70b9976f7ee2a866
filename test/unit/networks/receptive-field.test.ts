/** Receptive fields have the extents that theory gives for convolutions and attention. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { fieldExtent, receptiveField, UVit } from "../../../src/networks/index.js";
import { Conv2d, Parameters, silu } from "../../../src/nn/index.js";
import { normal } from "../nn/gradient-check.js";

const parameters = new Parameters({ seed: 1 });
const conv = (name: string, inputs: number, outputs: number, stride: 1 | 2 = 1) => {
  return new Conv2d(parameters.scope(name), { inputs, outputs, stride });
};

test("of one convolution it is the kernel, turned about the pixel", () => {
  const layer = conv("one", 1, 1);
  const kernel = parameters.get("one.weight").variable.dataSync();
  const before = tf.memory().numTensors;
  const x = normal([3, 6, 7, 1], 1) as tf.Tensor4D;
  const field = receptiveField((v) => layer.apply(v), x, { pixel: [2, 4] });
  const values = field.arraySync();
  for (let i = 0; i < 6; i++) {
    for (let j = 0; j < 7; j++) {
      const [a, b] = [i - 2 + 1, j - 4 + 1];
      const inside = a >= 0 && a < 3 && b >= 0 && b < 3;
      assert.ok(Math.abs(values[i][j] - (inside ? Math.abs(kernel[3 * a + b]) : 0)) < 1e-6, `[${i}, ${j}]`);
    }
  }
  tf.dispose([x, field]);
  assert.equal(tf.memory().numTensors, before, "tensors left behind");
});

test("channels are taken together by their root mean square", () => {
  const layer = conv("channels", 2, 3);
  const kernel = parameters.get("channels.weight").variable.dataSync<"float32">();
  const field = receptiveField((v) => layer.apply(v), normal([1, 5, 5, 2], 1) as tf.Tensor4D);
  const centre = kernel.subarray(4 * 6, 5 * 6).reduce((sum, w) => sum + w * w, 0) / 6;
  assert.ok(Math.abs(field.arraySync()[2][2] - Math.sqrt(centre)) < 1e-6);
});

test("L convolutions of side 3 see 2L + 1 pixels; a halving doubles what those after it see", () => {
  const layers = [conv("a", 1, 4), conv("b", 4, 4), conv("c", 4, 1)];
  const stack = (v: tf.Tensor4D): tf.Tensor4D => layers.reduce((h, layer) => silu(layer.apply(h)), v);
  const x = normal([2, 15, 15, 1], 2) as tf.Tensor4D;
  assert.deepEqual(fieldExtent(receptiveField(stack, x)), [7, 7]);
  assert.deepEqual(fieldExtent(receptiveField(stack, x, { pixel: [0, 7] })), [4, 7]);
  const [down, after] = [conv("down", 1, 4, 2), conv("after", 4, 1)];
  // 3 pixels of the halved image, each of 3 pixels two apart: 3 + 2·2
  assert.deepEqual(fieldExtent(receptiveField((v) => after.apply(down.apply(v)), x)), [7, 7]);
});

test("attention sees the whole image", () => {
  const uvit = new UVit({ image_size: [8, 6], embed_dim: 8, depth: 1, num_heads: 2 });
  const field = receptiveField((v) => uvit.apply(v, tf.tensor1d([3])), normal([1, 8, 6, 1], 3) as tf.Tensor4D);
  assert.deepEqual(fieldExtent(field), [8, 6]);
});

test("the extent of a field, exact and above a share of its largest value", () => {
  const field = tf.tensor2d([
    [0, 0, 0, 0],
    [0, 0.1, 1, 0],
    [0, 0, 0.6, 0.01],
  ]);
  assert.deepEqual(fieldExtent(field), [2, 3]);
  assert.deepEqual(fieldExtent(field, { threshold: 0.05 }), [2, 2]);
  assert.deepEqual(fieldExtent(field, { threshold: 0.9 }), [1, 1]);
  assert.deepEqual(fieldExtent(tf.zeros([2, 2])), [0, 0]);
});

test("what has no pixel of that kind is refused", () => {
  const layer = conv("refused", 1, 1);
  const x = normal([1, 4, 4, 1], 1) as tf.Tensor4D;
  assert.throws(
    () => receptiveField((v) => layer.apply(v), x, { pixel: [4, 0] }),
    /pixel \[4, 0\] lies outside the output's 4 × 4/,
  );
  assert.throws(() => receptiveField((v) => tf.mean(v, 3), x), /needs images \[N, H, W, C\], got shape \[1,4,4\]/);
});
