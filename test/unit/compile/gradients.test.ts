/** Gradients pass through compiled functions and inside them, second ones too. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compile, loadedGraphs } from "../../../src/compile/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { Trainer } from "../../../src/training/index.js";
import { toyTask } from "../training/toy.js";
import { temporaryCache } from "./support.js";

const cacheFolder = temporaryCache();

/** Runs `check` before and after a graph for these inputs exists. */
function withAndWithoutGraph(graphs: () => number, load: () => tf.Tensor, check: () => void): void {
  const before = tf.memory().numTensors;
  check();
  assert.equal(graphs(), 0, "a gradient through the call makes no graph");
  load().dispose();
  assert.equal(graphs(), 1);
  check();
  assert.equal(graphs(), 1);
  load().dispose();
  assert.equal(tf.memory().numTensors, before);
}

function assertValues(tensor: tf.Tensor, expected: readonly number[]): void {
  const values = tensor.dataSync();
  tensor.dispose();
  assert.equal(values.length, expected.length);
  expected.forEach((value, i) => assert.ok(Math.abs(values[i] - value) < 1e-5, `${[...values]}, not ${expected}`));
}

test("a gradient, and a second one, goes through a compiled function to its inputs", () => {
  const square = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.square(x) }), { cacheFolder });
  const cube = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.mul(tf.square(x), x) }), { cacheFolder });
  const at = tf.tensor1d([1, 2, 3]);
  withAndWithoutGraph(
    () => square.graphs,
    () => square({ x: at }).y,
    () => assertValues(tf.grad((a) => tf.sum(tf.add(a, square({ x: a }).y)))(at), [3, 5, 7]),
  );
  withAndWithoutGraph(
    () => cube.graphs,
    () => cube({ x: at }).y,
    () => {
      const slope = tf.grad((a) => tf.sum(cube({ x: a }).y));
      // d/dx (x³ + 3x²) = 3x² + 6x
      assertValues(tf.grad((a) => tf.sum(tf.add(cube({ x: a }).y, slope(a))))(at), [9, 24, 45]);
    },
  );
  square.dispose();
  cube.dispose();
  at.dispose();
});

test("a gradient goes through a compiled function to its captures", () => {
  const weight = tf.variable(tf.scalar(0.3));
  const x = tf.tensor1d([1, 2, 3]);
  const scaled = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.mul(x, weight) }), {
    captures: { weight },
    cacheFolder,
  });
  withAndWithoutGraph(
    () => scaled.graphs,
    () => scaled({ x }).y,
    () => {
      const { value, grads } = tf.variableGrads(
        () => tf.add(tf.square(weight), tf.sum(scaled({ x }).y)) as tf.Scalar,
        [weight],
      );
      value.dispose();
      // d/dw (w² + 6w)
      assertValues(grads[weight.name], [6.6]);
    },
  );
  scaled.dispose();
  tf.dispose([x, weight]);
});

test("inside the forward function of a custom gradient, which no tape watches, the graph runs", () => {
  const square = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.square(x) }), { cacheFolder });
  const custom = tf.customGrad((x: tf.Tensor | tf.GradSaveFunc) => ({
    value: square({ x: x as tf.Tensor }).y,
    gradFunc: (dy: tf.Tensor) => tf.mul(dy, 10),
  }));
  const at = tf.tensor1d([1, 2]);
  assertValues(tf.grad((a) => tf.sum(custom(a)))(at), [10, 10]);
  assert.equal(square.graphs, 1);
  square.dispose();
  at.dispose();
});

test("a gradient inside a compiled function is part of its graph, one that goes through it as well is exact", () => {
  let runs = 0;
  const slope = compile(
    ({ x }: { x: tf.Tensor }) => {
      runs++;
      return { y: tf.grad((a) => tf.sum(tf.mul(tf.square(a), a)))(x) };
    },
    { cacheFolder },
  );
  const at = tf.tensor1d([1, 2]);
  assertValues(slope({ x: at }).y, [3, 12]);
  assert.equal(slope.graphs, 1);
  const before = runs;
  assertValues(tf.grad((a) => tf.sum(slope({ x: a }).y))(at), [6, 12]);
  assert.equal(runs, before + 1);
  slope.dispose();
  at.dispose();
});

test("a training step, which takes its gradients itself, is one graph", () => {
  const { task, network } = toyTask();
  const steps = new Trainer(task, {}).steps(3);
  for (let i = 0; i < 3; i++) steps.next();
  assert.deepEqual(
    loadedGraphs().map(({ name }) => name),
    ["training step of network"],
  );
  while (!steps.next().done);
  network.parameters.dispose();
});
