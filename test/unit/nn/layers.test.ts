/** Activations, dense layers, convolutions and resampling equal their definitions, gradients too. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import {
  activation,
  Conv2d,
  Dense,
  Downsample,
  gelu,
  quickGelu,
  mish,
  Parameters,
  silu,
  Upsample,
  type ActivationName,
} from "../../../src/nn/index.js";
import { checkGradients, gradientsOf, largestDifference, normal, relativeDifference } from "./gradient-check.js";

const model = () => {
  const parameters = new Parameters({ seed: 3 });
  return { parameters, root: parameters.scope("") };
};

test("activations: known values", () => {
  const x = tf.tensor1d([-20, -1, 0, 1, 20]);
  // x·σ(x) and x·Φ(x), computed in double precision
  const expected: [ActivationName, number[]][] = [
    ["silu", [-4.1223072e-8, -0.26894142, 0, 0.73105858, 20]],
    ["swish", [-4.1223072e-8, -0.26894142, 0, 0.73105858, 20]],
    ["gelu", [0, -0.15865525, 0, 0.84134475, 20]],
    ["quick_gelu", [-20 / (1 + Math.exp(34.04)), -0.15420423, 0, 0.84579577, 20]],
    ["mish", [-4.1223072e-8, -0.30340146, 0, 0.86509839, 20]],
    ["relu", [0, 0, 0, 1, 20]],
  ];
  for (const [name, values] of expected) {
    assert.ok(largestDifference(activation(name)(x), tf.tensor1d(values)) < 3e-7, name);
  }
  assert.throws(() => activation("mish2" as ActivationName), /unknown activation "mish2": choose silu/);
});

test("activations: gradients by differences and by the tape", () => {
  const x = normal([4, 5], 1);
  checkGradients(([v]) => silu(v), [x], undefined, { entries: 20 });
  checkGradients(([v]) => mish(v), [x], undefined, { entries: 20 });
  checkGradients(([v]) => gelu(v), [x], undefined, { entries: 20 });
  checkGradients(([v]) => quickGelu(v), [x], undefined, { entries: 20 });
  const variable = tf.variable(x);
  const weights = normal([4, 5], 2);
  const [own] = gradientsOf(() => silu(variable), [variable], weights);
  const [tape] = gradientsOf(() => tf.mul(variable, tf.sigmoid(variable)), [variable], weights);
  assert.ok(relativeDifference(own, tape) < 1e-6);
});

test("silu stays finite, value and gradient, at ±100", () => {
  const x = tf.variable(tf.tensor1d([-100, 100]));
  assert.ok(silu(x).dataSync().every(Number.isFinite));
  const [g] = gradientsOf(() => silu(x), [x], tf.ones([2]));
  assert.deepEqual([...g.dataSync()].map(Math.round), [0, 1]);
});

test("Dense: y = x·W + b on the last axis of any rank, and its gradients", () => {
  const { parameters, root } = model();
  const dense = new Dense(root.scope("d"), { inputs: 3, outputs: 2 });
  assert.deepEqual(parameters.names, ["d.weight", "d.bias"]);
  parameters.assignFlat(Float32Array.of(1, 2, 3, 4, 5, 6, 10, 20));
  // [1, 0, −1]·[[1, 2], [3, 4], [5, 6]] + [10, 20]
  assert.deepEqual([...dense.apply(tf.tensor2d([[1, 0, -1]])).dataSync()], [6, 16]);
  assert.deepEqual(dense.apply(tf.ones([2, 4, 5, 3])).shape, [2, 4, 5, 2]);
  assert.throws(() => dense.apply(tf.ones([2, 4])), /3 inputs got shape \[2,4\]/);
  checkGradients(([x]) => dense.apply(x as tf.Tensor3D), [normal([2, 4, 3], 1)], parameters);
  const plain = new Dense(root.scope("p"), { inputs: 3, outputs: 2, bias: false });
  assert.ok(!parameters.has("p.bias"));
  assert.deepEqual([...plain.apply(tf.zeros([1, 3])).dataSync()], [0, 0]);
});

/** Cross-correlation by definition, in float64. */
function naiveConv(x: tf.Tensor4D, w: tf.Tensor, b: tf.Tensor, stride: number, p: number): number[] {
  const [n, h, width, inputs] = x.shape;
  const [k, , , outputs] = w.shape;
  const [xs, ws, bs] = [x.dataSync(), w.dataSync(), b.dataSync()];
  const [oh, ow] = [h, width].map((s) => Math.floor((s + 2 * p - k) / stride) + 1);
  const y: number[] = [];
  for (let e = 0; e < n; e++)
    for (let i = 0; i < oh; i++)
      for (let j = 0; j < ow; j++)
        for (let o = 0; o < outputs; o++) {
          let sum = bs[o];
          for (let di = 0; di < k; di++)
            for (let dj = 0; dj < k; dj++) {
              const [r, s] = [i * stride + di - p, j * stride + dj - p];
              if (r < 0 || s < 0 || r >= h || s >= width) continue;
              for (let c = 0; c < inputs; c++) {
                sum += xs[((e * h + r) * width + s) * inputs + c] * ws[((di * k + dj) * inputs + c) * outputs + o];
              }
            }
          y.push(sum);
        }
  return y;
}

test("Conv2d equals the sum by definition for every kernel, stride and padding, odd sizes too", () => {
  const x = normal([2, 5, 6, 3], 4) as tf.Tensor4D;
  for (const kernel of [1, 3] as const) {
    for (const stride of [1, 2] as const) {
      for (const padding of [0, 1] as const) {
        const { parameters, root } = model();
        const conv = new Conv2d(root, { inputs: 3, outputs: 4, kernel, stride, padding });
        const [w, b] = parameters.variables;
        const y = conv.apply(x);
        assert.ok(largestDifference(y, tf.tensor(naiveConv(x, w, b, stride, padding), y.shape)) < 3e-6);
        checkGradients(([v]) => conv.apply(v as tf.Tensor4D), [x], parameters);
      }
    }
  }
  const { root } = model();
  const conv = new Conv2d(root, { inputs: 3, outputs: 4 });
  assert.throws(() => conv.apply(tf.ones([1, 4, 4, 2])), /3 input channels got shape \[1,4,4,2\]/);
});

test("Downsample and Upsample: sizes and gradients", () => {
  const x = normal([2, 5, 7, 4], 5) as tf.Tensor4D;
  for (const padding of [0, 1] as const) {
    const { parameters, root } = model();
    const down = new Downsample(root, { channels: 4, padding });
    assert.deepEqual(down.apply(x).shape, padding === 1 ? [2, 3, 4, 4] : [2, 2, 3, 4]);
    checkGradients(([v]) => down.apply(v as tf.Tensor4D), [x], parameters);
  }
  const { parameters, root } = model();
  const up = new Upsample(root, { channels: 4 });
  const small = normal([2, 3, 2, 4], 6) as tf.Tensor4D;
  assert.deepEqual(up.apply(small).shape, [2, 6, 4, 4]);
  assert.deepEqual(up.apply(small, [5, 3]).shape, [2, 5, 3, 4]);
  // PyTorch's nearest neighbour: row i of 5 is row ⌊3i/5⌋ of 3, column j of 3 is column ⌊2j/3⌋ of 2.
  const alone = model();
  const identity = new Upsample(alone.root, { channels: 1 });
  alone.parameters.assignFlat(Float32Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0, 0));
  const counted = tf.tensor4d([0, 1, 10, 11, 20, 21], [1, 3, 2, 1]);
  assert.deepEqual(
    tf.squeeze(identity.apply(counted, [5, 3])).arraySync(),
    [0, 0, 10, 10, 20].map((row) => [row, row, row + 1]),
  );
  checkGradients(([v]) => up.apply(v as tf.Tensor4D), [small], parameters);
  checkGradients(([v]) => up.apply(v as tf.Tensor4D, [5, 3]), [small], parameters);
});

test("a convolution of a doubled image is what resizing and convolving give, odd sizes too", () => {
  const { root } = model();
  const conv = new Conv2d(root, { inputs: 3, outputs: 5 });
  for (const [height, width] of [
    [1, 1],
    [2, 3],
    [5, 4],
  ] as const) {
    const x = normal([2, height, width, 3], 8) as tf.Tensor4D;
    const resized = tf.image.resizeNearestNeighbor(x, [2 * height, 2 * width]);
    assert.ok(relativeDifference(conv.applyDoubled(x), conv.apply(resized)) < 2e-6);
  }
  const strided = new Conv2d(model().root, { inputs: 3, outputs: 5, stride: 2 });
  assert.throws(() => strided.applyDoubled(tf.ones([1, 2, 2, 3])), /this one has kernel 3, stride 2, padding 1/);
});

test("Upsample repeats each pixel before it convolves", () => {
  const { parameters, root } = model();
  const up = new Upsample(root, { channels: 1 });
  const centre = new Float32Array(10);
  centre[4] = 1;
  parameters.assignFlat(centre);
  const y = up.apply(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]));
  assert.deepEqual([...y.dataSync()], [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]);
});
