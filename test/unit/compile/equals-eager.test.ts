/** A graph computes what its operations compute one by one, gradients included. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Conv2d, GroupNorm, Parameters, PixelAttention, silu } from "../../../src/nn/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { assertSame, normals, temporaryCache } from "./support.js";

const cacheFolder = temporaryCache();

type Link = readonly [name: string, apply: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor];

const MIXING = (): tf.Tensor2D => tf.tensor2d([0.1, 0.2, 0.3, -0.4, 0.5, 0.6, 0.7, -0.8, 0.9], [3, 3]);

/** Operations that keep the shape [2, 4, 4, 3] and values of moderate size. */
const LINKS: readonly Link[] = [
  ["add", (x, y) => tf.add(x, y)],
  ["subtract a row", (x, y) => tf.sub(x, tf.slice(y, [0, 0, 0, 0], [1, 4, 1, 3]))],
  ["multiply", (x, y) => tf.mul(x, y)],
  ["divide", (x, y) => tf.div(x, tf.add(tf.square(y), 1))],
  ["maximum", (x, y) => tf.maximum(x, y)],
  // A condition that depends on x has no gradient in TensorFlow.js, not even zero.
  ["where", (x, y) => tf.where(tf.tile(tf.tensor4d([1, 0, 1], [1, 1, 1, 3], "bool"), [2, 4, 4, 1]), x, y)],
  ["silu", (x) => silu(x)],
  ["tanh", (x) => tf.tanh(x)],
  ["softmax", (x) => tf.softmax(x)],
  ["sum and spread", (x) => tf.add(x, tf.sum(x, [1, 2], true))],
  ["normalise", (x) => tf.div(tf.sub(x, tf.mean(x)), tf.add(tf.norm(x), 1))],
  ["reshape", (x) => tf.reshape(tf.mul(tf.reshape(x, [2, 48]), 0.5), [2, 4, 4, 3])],
  ["transpose", (x) => tf.transpose(x, [0, 2, 1, 3])],
  ["concat and split", (x, y) => tf.split(tf.concat([x, y], 3), [1, 3, 2], 3)[1]],
  ["stack and unstack", (x, y) => tf.unstack(tf.stack([x, y], 2), 2)[0]],
  [
    "pad and slice",
    (x) =>
      tf.slice(
        tf.pad(x, [
          [0, 0],
          [1, 0],
          [0, 2],
          [0, 0],
        ]),
        [0, 0, 1, 0],
        [2, 4, 4, 3],
      ),
  ],
  ["tile and pool", (x) => tf.avgPool(tf.tile(x, [1, 2, 2, 1]) as tf.Tensor4D, 2, 2, "valid")],
  ["enlarge and shrink", (x) => tf.maxPool(tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [8, 8]), 2, 2, "valid")],
  ["mix channels", (x) => tf.reshape(tf.matMul(tf.reshape(x, [32, 3]), MIXING()), [2, 4, 4, 3])],
  [
    "one-hot",
    (x) => tf.add(x, tf.oneHot(tf.tensor3d([0, 1, 2, 1, 2, 0, 2, 0, 1, 0, 1, 2, 2, 1, 0, 1], [1, 4, 4], "int32"), 3)),
  ],
  ["clip", (x) => tf.clipByValue(x, -2, 2)],
  ["clone", (x) => tf.clone(x)],
];

const chain = fc.array(fc.constantFrom(...LINKS), { minLength: 1, maxLength: 6 });

test("random chains of operations, and their gradients", () => {
  fc.assert(
    fc.property(chain, fc.nat(1000), (links, seed) => {
      const inputs = { x: normals([2, 4, 4, 3], seed), y: normals([2, 4, 4, 3], seed + 1) };
      const run = (x: tf.Tensor, y: tf.Tensor): tf.Tensor => links.reduce((value, [, apply]) => apply(value, y), x);
      assertSame(
        ({ x, y }) => {
          const { value, grads } = tf.valueAndGrads((a: tf.Tensor, b: tf.Tensor) => {
            // Both arguments always reach the sum, so that both have a gradient.
            return tf.sum(tf.square(tf.add(run(a, b), tf.mul(tf.add(a, b), 0.1)))) as tf.Scalar;
          })([x, y]);
          return { output: run(x, y), loss: value as tf.Tensor, dx: grads[0], dy: grads[1] };
        },
        inputs,
        { cacheFolder, tolerance: 1e-4 },
      );
      tf.dispose(inputs);
    }),
    { numRuns: 25, seed: 7 },
  );
});

const conv2d = (stride: 1 | 2, pad: "same" | "valid") => (x: tf.Tensor, kernel: tf.Tensor) =>
  tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, stride, pad);

for (const stride of [1, 2] as const) {
  for (const pad of ["same", "valid"] as const) {
    test(`convolution of stride ${stride}, ${pad}, with both gradients`, () => {
      const inputs = { x: normals([2, 6, 5, 3]), kernel: normals([3, 3, 3, 4], 1) };
      assertSame(
        ({ x, kernel }) => {
          const loss = (a: tf.Tensor, k: tf.Tensor) => tf.sum(tf.square(conv2d(stride, pad)(a, k))) as tf.Scalar;
          const [dx, dk] = tf.grads(loss)([x, kernel]);
          return { y: conv2d(stride, pad)(x, kernel), dx, dk };
        },
        inputs,
        { cacheFolder },
      );
      tf.dispose(inputs);
    });
  }
}

test("a network of convolution, group norm and attention, with the gradients of its parameters", () => {
  const parameters = new Parameters({ seed: 3 });
  const root = parameters.scope("");
  const conv = new Conv2d(root.scope("conv"), { inputs: 2, outputs: 8 });
  const norm = new GroupNorm(root.scope("norm"), { channels: 8, groups: 2 });
  const attention = new PixelAttention(root.scope("attention"), { channels: 8, heads: 2, groups: 2 });
  const captures = Object.fromEntries([...parameters].map(({ name, variable }) => [name, variable]));
  const inputs = { x: normals([3, 5, 4, 2]) };
  assertSame(
    ({ x }) => {
      const { value, grads } = tf.variableGrads(
        () => tf.mean(tf.square(attention.apply(silu(norm.apply(conv.apply(x as tf.Tensor4D)))))) as tf.Scalar,
        parameters.variables,
      );
      // The loss does not depend on the keys' bias but for rounding, so that its gradient cannot be compared.
      const own = [...parameters].filter(({ name }) => name !== "attention.to_k.bias");
      return {
        loss: value as tf.Tensor,
        ...Object.fromEntries(own.map(({ name, variable }) => [name, grads[variable.name]])),
      };
    },
    inputs,
    { cacheFolder, captures, tolerance: 1e-5 },
  );
  tf.dispose(inputs);
  parameters.dispose();
});

test("whole numbers, booleans and scalars go in and come out", () => {
  const inputs = {
    i: tf.tensor1d([7, -3, 5], "int32"),
    b: tf.tensor1d([1, 0, 1], "bool"),
    s: tf.scalar(2.5),
  };
  assertSame(
    ({ i, b, s }) => ({
      sum: tf.add(i, tf.scalar(2, "int32")),
      not: tf.logicalNot(b),
      scaled: tf.mul(tf.cast(i, "float32"), s),
      quotient: tf.floorDiv(i, tf.scalar(2, "int32")),
    }),
    inputs,
    { cacheFolder },
  );
  tf.dispose(inputs);
});

test("an input, a capture, a constant and one value under two names are outputs of their own", () => {
  const weight = tf.variable(tf.tensor1d([1, 2]));
  const inputs = { x: tf.tensor1d([3, 4]) };
  const program = ({ x }: { x: tf.Tensor }): Record<string, tf.Tensor> => {
    const sum = tf.add(x, weight);
    return { x, weight, constant: tf.tensor1d([5, 6]), sum, again: sum };
  };
  assertSame(program, inputs, { cacheFolder, captures: { weight } });
  weight.dispose();
  tf.dispose(inputs);
  assert.equal(inputs.x.isDisposed, true);
});
