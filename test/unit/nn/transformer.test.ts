/** Transformer layers equal their definitions and have exact gradients. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import {
  FeedForward,
  feedForwardNames,
  geluTanh,
  gelu,
  LayerNorm,
  Parameters,
  SpatialTransformer,
  TransformerBlock,
  type FeedForwardName,
} from "../../../src/nn/index.js";
import { RandomStream } from "../../../src/random/index.js";
import { checkGradients, gradientsOf, largestDifference, normal, relativeDifference } from "./gradient-check.js";

test("LayerNorm: value and gradient of the definition, with and without γ and β, at any rank", () => {
  for (const affine of [true, false]) {
    for (const shape of [
      [4, 6],
      [2, 3, 6],
      [2, 2, 3, 6],
    ]) {
      const parameters = new Parameters();
      const norm = new LayerNorm(parameters.scope("n"), { channels: 6, affine, epsilon: 1e-3 });
      assert.deepEqual(parameters.names, affine ? ["n.weight", "n.bias"] : []);
      parameters.assignFlat(new RandomStream(1, "affine").normals(parameters.count));
      const naive = (x: tf.Tensor): tf.Tensor => {
        const { mean, variance } = tf.moments(x, x.rank - 1, true);
        const y = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-3)));
        return affine ? tf.add(tf.mul(y, parameters.variables[0]), parameters.variables[1]) : y;
      };
      const x = tf.variable(normal(shape, 1));
      assert.ok(relativeDifference(norm.apply(x), naive(x)) < 2e-6);
      const watched = [x, ...parameters.variables];
      const weights = normal(shape, 2);
      const own = gradientsOf(() => norm.apply(x), watched, weights);
      const tape = gradientsOf(() => naive(x), watched, weights);
      own.forEach((gradient, i) => assert.ok(relativeDifference(gradient, tape[i]) < 1e-5));
      checkGradients(([v]) => norm.apply(v), [normal(shape, 3)], parameters);
    }
  }
});

test("LayerNorm keeps its digits where the mean is large, and refuses other widths", () => {
  const norm = new LayerNorm(new Parameters().scope("n"), { channels: 4 });
  const y = norm.apply(tf.tensor2d([[1000, 1001, 1002, 1003]])).dataSync();
  [-3, -1, 1, 3].forEach((v, i) => assert.ok(Math.abs(y[i] - v / Math.sqrt(5)) < 1e-4));
  assert.throws(() => norm.apply(tf.zeros([2, 3])), /4 channels got shape \[2,3\]/);
});

test("GELU by tanh stays within its known error of the exact one", () => {
  const x = tf.linspace(-6, 6, 241);
  const error = largestDifference(geluTanh(x), gelu(x));
  assert.ok(error < 5e-4 && error > 1e-5);
  checkGradients(([v]) => geluTanh(v), [normal([12], 1)], undefined, { entries: 12 });
});

for (const activation of feedForwardNames) {
  test(`FeedForward ${activation}: names and gradients`, () => {
    const parameters = new Parameters({ seed: 1 });
    const network = new FeedForward(parameters.scope("ff"), { channels: 4, hidden: 6, activation });
    assert.deepEqual(
      parameters.names,
      ["net.0.proj", "net.2"].flatMap((name) => [`ff.${name}.weight`, `ff.${name}.bias`]),
    );
    checkGradients(([x]) => network.apply(x as tf.Tensor3D), [normal([2, 3, 4], 1)], parameters);
  });
}

test("FeedForward refuses an unknown activation", () => {
  const options = { channels: 4, activation: "swiglu" as FeedForwardName };
  assert.throws(
    () => new FeedForward(new Parameters().scope("ff"), options),
    /unknown feed-forward "swiglu": choose geglu/,
  );
});

test("TransformerBlock with and without context: gradients of tokens, context and every parameter", () => {
  for (const contextChannels of [undefined, 3]) {
    const parameters = new Parameters({ seed: 2 });
    const block = new TransformerBlock(parameters.scope("b"), { channels: 4, heads: 2, contextChannels });
    assert.equal(parameters.has("b.attn2.to_k.weight"), contextChannels !== undefined);
    const inputs = [normal([2, 3, 4], 1), ...(contextChannels ? [normal([2, 5, 3], 2)] : [])];
    checkGradients(([x, c]) => block.apply(x as tf.Tensor3D, c as tf.Tensor3D), inputs, parameters, {
      tolerance: 6e-3,
      entries: 2,
    });
  }
});

test("SpatialTransformer: both projections, gradients", () => {
  for (const linearProjection of [false, true]) {
    const parameters = new Parameters({ seed: 3 });
    const options = { channels: 4, heads: 2, contextChannels: 3, groups: 2, linearProjection };
    const transformer = new SpatialTransformer(parameters.scope("t"), options);
    assert.equal(parameters.get("t.proj_in.weight").variable.rank, linearProjection ? 2 : 4);
    checkGradients(
      ([x, c]) => transformer.apply(x as tf.Tensor4D, c as tf.Tensor3D),
      [normal([2, 2, 3, 4], 1), normal([2, 5, 3], 2)],
      parameters,
      { tolerance: 6e-3, entries: 1 },
    );
  }
});
