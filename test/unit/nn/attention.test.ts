/** Attention equals its definition, whole or in blocks, with exact gradients. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import {
  causalMask,
  MultiHeadAttention,
  Parameters,
  PixelAttention,
  scaledDotProductAttention,
} from "../../../src/nn/index.js";
import { checkGradients, gradientsOf, largestDifference, normal } from "./gradient-check.js";

/** softmax(q·kᵀ/√d)·v in float64, one head. */
function naiveAttention(q: number[][], k: number[][], v: number[][]): number[][] {
  return q.map((row) => {
    const scores = k.map((key) => key.reduce((sum, value, i) => sum + value * row[i], 0) / Math.sqrt(row.length));
    const top = Math.max(...scores);
    const weights = scores.map((score) => Math.exp(score - top));
    const total = weights.reduce((sum, w) => sum + w, 0);
    return v[0].map((_, c) => v.reduce((sum, value, j) => sum + (weights[j] / total) * value[c], 0));
  });
}

test("scaled dot-product attention equals its definition, also with scores beyond exp's range", () => {
  for (const scale of [1, 100]) {
    const q = tf.mul(normal([1, 1, 4, 3], 1), scale) as tf.Tensor4D;
    const k = normal([1, 1, 5, 3], 2) as tf.Tensor4D;
    const v = normal([1, 1, 5, 2], 3) as tf.Tensor4D;
    const [qs, ks, vs] = [q, k, v].map((t) => (t.arraySync() as number[][][][])[0][0]);
    assert.ok(
      largestDifference(scaledDotProductAttention(q, k, v), tf.tensor4d([[naiveAttention(qs, ks, vs)]])) < 2e-5,
    );
  }
});

test("scaled dot-product attention: gradients of queries, keys and values", () => {
  checkGradients(
    ([q, k, v]) => scaledDotProductAttention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D),
    [normal([2, 2, 4, 3], 1), normal([2, 2, 5, 3], 2), normal([2, 2, 5, 3], 3)],
  );
});

test("attention in blocks equals attention at once, values and gradients, whatever the block", () => {
  const [q, k, v] = [normal([2, 2, 7, 3], 1), normal([2, 2, 5, 3], 2), normal([2, 2, 5, 3], 3)].map((x) =>
    tf.variable(x),
  );
  const apply = (maxScores?: number) => () => {
    return scaledDotProductAttention(
      q as unknown as tf.Tensor4D,
      k as unknown as tf.Tensor4D,
      v as unknown as tf.Tensor4D,
      { maxScores },
    );
  };
  const weights = normal([2, 2, 7, 3], 4);
  const expected = gradientsOf(apply(), [q, k, v], weights);
  // One row at a time (also where even that is more than asked for), three rows, all but one.
  for (const maxScores of [1, 20, 60, 120]) {
    assert.ok(largestDifference(apply(maxScores)(), apply()()) < 1e-6);
    const found = gradientsOf(apply(maxScores), [q, k, v], weights);
    found.forEach((gradient, i) => assert.ok(largestDifference(gradient, expected[i]) < 2e-6));
  }
  checkGradients(
    ([a, b, c]) => scaledDotProductAttention(a as tf.Tensor4D, b as tf.Tensor4D, c as tf.Tensor4D, { maxScores: 60 }),
    [normal([2, 2, 7, 3], 1), normal([2, 2, 5, 3], 2), normal([2, 2, 5, 3], 3)],
  );
});

test("a causal mask: a token sees those before it, at once and in blocks, values and gradients", () => {
  const [q, k, v] = [1, 2, 3].map((seed) => tf.variable(normal([2, 2, 6, 3], seed)));
  const mask = causalMask(6);
  const apply = (maxScores?: number) => (): tf.Tensor4D =>
    scaledDotProductAttention(q as unknown as tf.Tensor4D, k as unknown as tf.Tensor4D, v as unknown as tf.Tensor4D, {
      maxScores,
      mask,
    });
  const whole = apply()();
  // Row i is the attention of the last of i + 1 tokens, without a mask.
  for (let i = 0; i < 6; i++) {
    const [last, keys, values] = [
      tf.slice(q, [0, 0, i, 0], [2, 2, 1, 3]),
      tf.slice(k, [0, 0, 0, 0], [2, 2, i + 1, 3]),
      tf.slice(v, [0, 0, 0, 0], [2, 2, i + 1, 3]),
    ] as tf.Tensor4D[];
    const row = tf.slice(whole, [0, 0, i, 0], [2, 2, 1, 3]);
    assert.ok(largestDifference(row, scaledDotProductAttention(last, keys, values)) < 1e-6);
  }
  const weights = normal([2, 2, 6, 3], 4);
  const expected = gradientsOf(apply(), [q, k, v], weights);
  for (const maxScores of [1, 50]) {
    assert.ok(largestDifference(apply(maxScores)(), whole) < 1e-6);
    const found = gradientsOf(apply(maxScores), [q, k, v], weights);
    found.forEach((gradient, i) => assert.ok(largestDifference(gradient, expected[i]) < 2e-6));
  }
  checkGradients(
    ([a, b, c]) => scaledDotProductAttention(a as tf.Tensor4D, b as tf.Tensor4D, c as tf.Tensor4D, { mask }),
    [normal([2, 2, 6, 3], 1), normal([2, 2, 6, 3], 2), normal([2, 2, 6, 3], 3)],
  );
  // A mask of padding has one row for all queries.
  const padding = tf.tensor4d([0, 0, 0, 0, -Infinity, -Infinity], [1, 1, 1, 6]);
  const [short, cut] = [k, v].map((x) => tf.slice(x, [0, 0, 0, 0], [2, 2, 4, 3])) as tf.Tensor4D[];
  const padded = scaledDotProductAttention(
    q as unknown as tf.Tensor4D,
    k as unknown as tf.Tensor4D,
    v as unknown as tf.Tensor4D,
    { mask: padding, maxScores: 30 },
  );
  assert.ok(largestDifference(padded, scaledDotProductAttention(q as unknown as tf.Tensor4D, short, cut)) < 1e-6);
  const attention = new MultiHeadAttention(new Parameters({ seed: 5 }).scope("a"), { channels: 4, heads: 2 });
  const x = normal([1, 6, 4], 5) as tf.Tensor3D;
  const seen = tf.slice(attention.apply(x, x, mask), [0, 0, 0], [1, 3, 4]);
  const first = tf.slice(x, [0, 0, 0], [1, 3, 4]);
  assert.ok(largestDifference(seen, attention.apply(first, first, causalMask(3))) < 1e-6);
  assert.throws(
    () => attention.apply(x, x, causalMask(5)),
    /the mask of scores \[1,2,6,6\] must have their shape, or 1 on axes but the last, got \[1,1,5,5\]/,
  );
});

test("attention in blocks needs memory for a block of scores, forward and backward", async () => {
  const [length, d] = [512, 4];
  const x = tf.variable(normal([1, 1, length, d], 1));
  const peak = async (maxScores: number): Promise<number> => {
    const before = tf.memory().numBytes;
    const { peakBytes } = await tf.profile(() => {
      const image = x as unknown as tf.Tensor4D;
      const { value, grads } = tf.variableGrads(
        () => tf.sum(scaledDotProductAttention(image, image, image, { maxScores })) as tf.Scalar,
        [x],
      );
      tf.dispose([value, grads]);
      return [];
    });
    return peakBytes - before;
  };
  const scores = length * length * 4;
  assert.ok((await peak(length * length)) > 2 * scores);
  assert.ok((await peak(16 * length)) < 0.5 * scores);
});

test("MultiHeadAttention: heads work on their own channels; gradients of both inputs and every parameter", () => {
  const parameters = new Parameters({ seed: 5 });
  const attention = new MultiHeadAttention(parameters.scope("a"), { channels: 6, heads: 2, contextChannels: 4 });
  assert.deepEqual(
    parameters.names,
    ["to_q", "to_k", "to_v", "to_out.0"].flatMap((name) => [`a.${name}.weight`, `a.${name}.bias`]),
  );
  const [x, context] = [normal([2, 3, 6], 1) as tf.Tensor3D, normal([2, 5, 4], 2) as tf.Tensor3D];
  const project = (input: tf.Tensor3D, name: string): number[][] => {
    const [w, b] = [`a.${name}.weight`, `a.${name}.bias`].map((n) => parameters.get(n).variable);
    return tf.tidy(
      () =>
        tf
          .add(tf.matMul(tf.reshape(tf.slice(input, 0, 1), [-1, input.shape[2]]), w as unknown as tf.Tensor2D), b)
          .arraySync() as number[][],
    );
  };
  const [q, k, v] = [project(x, "to_q"), project(context, "to_k"), project(context, "to_v")];
  const heads = [0, 3].map((from) => {
    const [qh, kh, vh] = [q, k, v].map((rows) => rows.map((row) => row.slice(from, from + 3)));
    return naiveAttention(qh, kh, vh);
  });
  const joined = tf.tensor3d([heads[0].map((row, i) => [...row, ...heads[1][i]])]);
  const expected = project(joined, "to_out.0");
  assert.ok(largestDifference(tf.slice(attention.apply(x, context), 0, 1), tf.tensor3d([expected])) < 2e-6);
  checkGradients(([a, b]) => attention.apply(a as tf.Tensor3D, b as tf.Tensor3D), [x, context], parameters, {
    tolerance: 5e-3,
  });
  assert.throws(
    () => new MultiHeadAttention(parameters.scope("b"), { channels: 6, heads: 4 }),
    /4 heads do not divide 6/,
  );
});

test("PixelAttention: a residual over the pixels, with gradients", () => {
  const parameters = new Parameters({ seed: 6 });
  const attention = new PixelAttention(parameters.scope("a"), { channels: 4, heads: 2, groups: 2 });
  const x = normal([2, 3, 2, 4], 1) as tf.Tensor4D;
  checkGradients(([v]) => attention.apply(v as tf.Tensor4D), [x], parameters, { tolerance: 5e-3 });
  // With a zero output projection only the residual is left.
  for (const name of ["a.to_out.0.weight", "a.to_out.0.bias"]) {
    const { variable } = parameters.get(name);
    variable.assign(tf.zerosLike(variable));
  }
  assert.equal(largestDifference(attention.apply(x), x), 0);
});

test("PixelAttention treats all pixels alike: moving the image's pixels moves the result's", () => {
  const parameters = new Parameters({ seed: 7 });
  const attention = new PixelAttention(parameters.scope("a"), { channels: 4, heads: 1, groups: 2 });
  const x = normal([1, 3, 3, 4], 1) as tf.Tensor4D;
  const moved = tf.reverse(x, [1, 2]) as tf.Tensor4D;
  assert.ok(largestDifference(tf.reverse(attention.apply(x), [1, 2]), attention.apply(moved)) < 1e-5);
});
