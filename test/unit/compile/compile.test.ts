/** `compile` keeps one graph for each signature, reads captures at each call and leaves memory flat. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "../../../src/compile/index.js";
import { Conv2d, Parameters, probe } from "../../../src/nn/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { assertSame, normals, sessions, temporaryCache } from "./support.js";

const cacheFolder = temporaryCache();

test("each combination of shapes and types gets a graph of its own, the latest 16 are held", () => {
  let runs = 0;
  const sum = compile(
    ({ x }: { x: tf.Tensor }) => {
      runs++;
      return { total: tf.sum(x), count: tf.scalar(x.size) };
    },
    { cacheFolder },
  );
  const call = (x: tf.Tensor): number[] => {
    const outputs = sum({ x });
    const values = [outputs.total.dataSync()[0], outputs.count.dataSync()[0]];
    tf.dispose([x, outputs.total, outputs.count]);
    return values;
  };
  assert.deepEqual(call(tf.ones([3])), [3, 3]);
  assert.deepEqual(call(tf.ones([3])), [3, 3]);
  assert.equal(runs, 3, "one recording, made twice to compare, and once more at the second call");
  assert.deepEqual(call(tf.ones([3])), [3, 3]);
  assert.equal(runs, 3);
  assert.deepEqual(call(tf.ones([2, 3])), [6, 6]);
  assert.deepEqual(call(tf.ones([3], "int32")), [3, 3]);
  assert.equal(sum.graphs, 3);
  for (let n = 4; n < 24; n++) assert.deepEqual(call(tf.ones([n])), [n, n]);
  assert.equal(sum.graphs, 16);
  assert.equal(sessions(), 16);
  assert.deepEqual(call(tf.ones([3])), [3, 3]);
  sum.dispose();
  assert.equal(sessions(), 0);
});

test("captures are read at each call, also when a variable has been assigned", () => {
  const weight = tf.variable(tf.tensor1d([1, 2]));
  const x = tf.tensor1d([10, 10]);
  const scaled = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.mul(x, weight) }), {
    captures: { weight },
    cacheFolder,
  });
  const read = (): number[] => {
    const { y } = scaled({ x });
    const values = [...y.dataSync()];
    y.dispose();
    return values;
  };
  assert.deepEqual(read(), [10, 20]);
  tf.tidy(() => weight.assign(tf.tensor1d([3, 4])));
  assert.deepEqual(read(), [30, 40]);
  assert.equal(scaled.graphs, 1);
  scaled.dispose();
  tf.dispose([x, weight]);
});

test("two inputs that share their data are two inputs", () => {
  const x = tf.tensor1d([1, 2, 3]);
  const twin = tf.clone(x);
  const difference = compile(({ a, b }: { a: tf.Tensor; b: tf.Tensor }) => ({ y: tf.sub(a, tf.mul(b, 2)) }), {
    cacheFolder,
  });
  const same = difference({ a: x, b: twin });
  assert.deepEqual([...same.y.dataSync()], [-1, -2, -3]);
  const other = tf.tensor1d([0, 0, 1]);
  const apart = difference({ a: x, b: other });
  assert.deepEqual([...apart.y.dataSync()], [1, 2, 1]);
  assert.equal(difference.graphs, 1);
  difference.dispose();
  tf.dispose([x, twin, other, same.y, apart.y]);
});

test("a compiled function inside another becomes part of its graph", () => {
  const inner = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.square(x) }), { cacheFolder });
  const x = normals([5]);
  assertSame(({ x }) => ({ y: tf.add(inner({ x }).y, 1) }), { x }, { cacheFolder });
  assert.equal(inner.graphs, 0);
  inner.dispose();
  x.dispose();
});

test("a dense tensor from indices that are inputs, whose stand-ins would all be the same", () => {
  const [indices, values] = [tf.tensor1d([1, 3], "int32"), tf.tensor1d([20, 10])];
  const program = ({ indices, values }: { indices: tf.Tensor; values: tf.Tensor }): { y: tf.Tensor } => {
    return { y: tf.sparseToDense(indices, values, [5], -1) };
  };
  const y = program({ indices, values }).y;
  assert.deepEqual([...y.dataSync()], [-1, 20, -1, 10, -1]);
  assertSame(program, { indices, values }, { cacheFolder });
  tf.dispose([indices, values, y]);
});

test("a probe around a call sees nothing of it and does not disturb it, whether the call records or not", () => {
  const parameters = new Parameters({ seed: 1 });
  const conv = new Conv2d(parameters.scope("conv"), { inputs: 2, outputs: 1 });
  const x = normals([1, 4, 4, 2]) as tf.Tensor4D;
  const before = tf.memory().numTensors;
  const compiled = compile(({ x }: { x: tf.Tensor4D }) => ({ y: conv.apply(x) }), {
    captures: parameters.tensors,
    cacheFolder,
  });
  for (let call = 1; call <= 3; call++) {
    const seen = probe(() => compiled({ x }).y);
    assert.deepEqual(seen.parts, []);
    tf.tidy(() => assert.deepEqual(seen.output.dataSync(), conv.apply(x).dataSync()));
    seen.dispose();
  }
  assert.equal(compiled.graphs, 1);
  compiled.dispose();
  assert.equal(tf.memory().numTensors, before);
  parameters.dispose();
  x.dispose();
});

test("state fed back as input gives the same numbers as the loop without a graph; memory stays flat over 500 calls", () => {
  const program = ({ mean, value }: { mean: tf.Tensor; value: tf.Tensor }): { mean: tf.Tensor } => ({
    mean: tf.add(tf.mul(mean, 0.9), tf.mul(value, 0.1)),
  });
  const average = compile(program, { cacheFolder });
  let mean: tf.Tensor = tf.zeros([100000]);
  let expected = 0;
  const step = (i: number): void => {
    const value = tf.fill([100000], i % 7);
    const next = average({ mean, value }).mean;
    tf.dispose([mean, value]);
    mean = next;
    expected = 0.9 * expected + 0.1 * (i % 7);
  };
  for (let i = 0; i < 50; i++) step(i);
  const before = { tensors: tf.memory().numTensors, resident: process.memoryUsage.rss() };
  for (let i = 50; i < 550; i++) step(i);
  assert.ok(Math.abs(mean.dataSync()[99999] - expected) < 1e-5);
  assert.equal(tf.memory().numTensors, before.tensors);
  // 500 leaked tensors would be 200 MB.
  assert.ok(process.memoryUsage.rss() - before.resident < 100e6);
  average.dispose();
  mean.dispose();
});
