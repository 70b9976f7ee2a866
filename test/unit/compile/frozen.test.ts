/** Captures as constants of a graph: the same numbers, never those of yesterday, and no graph too many. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { compile, loadedGraphs } from "../../../src/compile/index.js";
import { canFreeze, FrozenSession, frozenRecording, LARGEST_FROZEN } from "../../../src/compile/frozen.js";
import { withGraphFolder } from "../../../src/compile/graph-cache.js";
import type { GraphSession } from "../../../src/compile/session.js";
import * as tf from "../../../src/runtime/tf.js";
import { assertSame, normals, sessions, temporaryCache } from "./support.js";

const cacheFolder = temporaryCache();

test("a frozen graph gives what the function gives: products, convolutions, biases, whole numbers", () => {
  const captures = {
    kernel: tf.variable(normals([3, 3, 2, 4], 1)),
    bias: normals([4], 2),
    matrix: normals([64, 5], 3),
    pick: tf.tensor1d([1, 0, 3], "int32"),
    keep: tf.tensor1d([true, false, true, true, false], "bool"),
  };
  const fn = ({ x }: { x: tf.Tensor }) => {
    const maps = tf.relu(
      tf.add(tf.conv2d(x as tf.Tensor4D, captures.kernel as unknown as tf.Tensor4D, 1, "same"), captures.bias),
    );
    const y = tf.matMul(tf.reshape(maps, [-1, 64]), captures.matrix as tf.Tensor2D);
    return {
      y: tf.where(captures.keep, y, tf.zerosLike(y)),
      rows: tf.mul(tf.slice(y, [0, 0], [1, 3]), tf.cast(captures.pick, "float32")),
    };
  };
  assertSame(fn, { x: normals([2, 4, 4, 2], 4) }, { captures, frozen: true, cacheFolder });
});

test("a variable assigned between calls is seen at once, whatever the order of calls and assignments", () => {
  const weight = tf.variable(tf.scalar(1));
  const other = tf.variable(tf.scalar(10));
  const compiled = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.add(tf.mul(x, weight), other) }), {
    captures: { weight, other },
    frozen: true,
    cacheFolder,
  });
  const before = tf.memory().numTensors;
  const plan = fc.array(fc.oneof(fc.constant("call"), fc.integer({ min: -5, max: 5 })), {
    minLength: 5,
    maxLength: 30,
  });
  fc.assert(
    fc.property(plan, (steps) => {
      for (const step of steps) {
        if (typeof step === "number") tf.tidy(() => (step % 2 ? weight : other).assign(tf.scalar(step)));
        else {
          const [expected, actual] = tf.tidy(() => {
            const { y } = compiled({ x: tf.tensor1d([1, 2]) });
            return [weight.dataSync()[0] * 2 + other.dataSync()[0], y.dataSync()[1]];
          });
          assert.equal(actual, expected);
        }
      }
    }),
    { numRuns: 30, seed: 4 },
  );
  assert.equal(tf.memory().numTensors, before);
  assert.ok(sessions() <= 2, `${sessions()} graphs for one shape`);
  compiled.dispose();
  assert.equal(sessions(), 0);
  tf.dispose([weight, other]);
});

test("the graph has no place for what is frozen", () => {
  const recording = {
    inputs: [
      { name: "x", dtype: 1, shape: [2] },
      { name: "w", dtype: 1, shape: [2] },
    ],
    constants: [{ dtype: 1, shape: [], bytes: Buffer.alloc(4), origin: {} }],
    operations: [
      {
        name: "Mul",
        attributes: [],
        inputs: [
          { kind: "input", index: 0 },
          { kind: "input", index: 1 },
        ],
        outputs: [{ dtype: 1, shape: [2] }],
        origin: {},
      },
    ],
    outputs: [
      { kind: "operation", index: 0, output: 0 },
      { kind: "input", index: 1 },
      { kind: "constant", index: 0 },
    ],
  } as const;
  const frozen = frozenRecording(recording, [tf.tensor1d([3, 4])]);
  assert.equal(frozen.inputs.length, 1);
  assert.deepEqual(frozen.operations[0].inputs, [
    { kind: "input", index: 0 },
    { kind: "constant", index: 1 },
  ]);
  assert.deepEqual(frozen.outputs, [
    { kind: "operation", index: 0, output: 0 },
    { kind: "constant", index: 1 },
    { kind: "constant", index: 0 },
  ]);
  assert.deepEqual([...new Float32Array(new Uint8Array(frozen.constants[1].bytes).buffer)], [3, 4]);
});

test("values that keep changing are inputs, and are frozen again when they have stayed", () => {
  const loads: number[] = [];
  let live = 0;
  const frozen = new FrozenSession((captures) => {
    loads.push(captures[0].dataSync()[0]);
    live++;
    return { dispose: () => void live-- } as unknown as GraphSession;
  });
  const weight = tf.variable(tf.scalar(0));
  const calls = (n: number) => Array.from({ length: n }, () => frozen.of([weight]) !== undefined);
  assert.deepEqual(calls(3), [true, true, true]);
  weight.assign(tf.scalar(1));
  assert.deepEqual(calls(6), [false, false, false, false, true, true]);
  weight.assign(tf.scalar(2));
  assert.equal(calls(16).filter(Boolean).length, 0);
  assert.deepEqual(calls(64).every(Boolean), true);
  // What served long enough is loaded again after as long a wait as before, no longer one.
  weight.assign(tf.scalar(3));
  assert.deepEqual(calls(17), [...Array.from({ length: 16 }, () => false), true]);
  assert.deepEqual(loads, [0, 1, 2, 3]);
  assert.equal(live, 1);
  frozen.dispose();
  assert.equal(live, 0);
});

test("captures above the limit stay inputs", () => {
  const sized = (size: number) => [{ size } as tf.Tensor];
  assert.equal(canFreeze(sized(LARGEST_FROZEN / 4)), true);
  assert.equal(canFreeze(sized(LARGEST_FROZEN / 4 + 1)), false);
});

test("a frozen function is refused for the same reasons as another", () => {
  const weight = tf.scalar(2);
  const fn = ({ x }: { x: tf.Tensor }) => ({ y: tf.mul(x, tf.mul(weight, Math.random())) });
  const compiled = compile(fn, { captures: { weight }, frozen: true, cacheFolder });
  assert.throws(() => compiled({ x: tf.scalar(1) }), /is not a pure function/);
  const one = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.mul(x, weight) }), {
    captures: { weight },
    frozen: true,
    cacheFolder,
  });
  one({ x: tf.scalar(1) });
  weight.dispose();
  assert.throws(() => one({ x: tf.scalar(1) }), /capture "weight" .* has been disposed/);
  one.dispose();
  assert.equal(loadedGraphs().length, 0);
});

test("of graphs above a megabyte four are kept on disk", () => {
  const cache = temporaryCache();
  for (let i = 0; i < 8; i++) {
    const bytes = Buffer.alloc(i % 2 ? 2 ** 20 + 1 + i : 100 + i, i);
    withGraphFolder(cache, bytes, (folder) => utimesSync(folder, 1000 + i, 1000 + i));
  }
  mkdirSync(join(cache, "not-a-graph"));
  writeFileSync(join(cache, "not-a-graph", "saved_model.pb"), Buffer.alloc(2 ** 21));
  for (let i = 0; i < 3; i++) withGraphFolder(cache, Buffer.alloc(2 ** 20 + 50 + i, 7), () => undefined);
  const sizes = readdirSync(cache)
    .filter((name) => /^[0-9a-f]{32}$/.test(name))
    .map((name) => statSync(join(cache, name, "saved_model.pb")).size);
  assert.equal(sizes.filter((size) => size > 2 ** 20).length, 4);
  assert.equal(sizes.filter((size) => size < 2 ** 20).length, 4);
  assert.ok(existsSync(join(cache, "not-a-graph")));
});
