/** Reading, assigning, keeping and disposing tensors inside a compiled function: what is refused, what is no business of others. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "../../../src/compile/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { assertRefused, type Program } from "./refused.js";
import { temporaryCache } from "./support.js";

const cacheFolder = temporaryCache();

test("reading a value that depends on an input is refused, reading a constant is not", () => {
  assertRefused(
    ({ x }) => ({ y: tf.mul(x, tf.max(x).dataSync()[0]) }),
    /reads the values of a tensor that depends on its inputs/,
  );
  assertRefused(({ x }) => ({ y: tf.mul(x, x.dataSync()[0]) }), /reads the values/);
  assertRefused(
    ({ x }) => ({ y: tf.gather(x, tf.cast(tf.sum(x, 1), "int32")) }),
    /tf\.oneHot and matMul for tf\.gather/,
  );
  const captured = tf.scalar(4);
  assertRefused(({ x }) => ({ y: tf.mul(x, captured.dataSync()[0]) }), /reads the values of a captured tensor/);
  captured.dispose();

  const compiled = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.mul(x, tf.add(tf.scalar(1), 2).dataSync()[0]) }), {
    cacheFolder,
  });
  const x = tf.scalar(5);
  const { y } = compiled({ x });
  assert.equal(y.dataSync()[0], 15);
  compiled.dispose();
  tf.dispose([x, y]);
});

test("reading by a promise is refused at once, and no promise is left to fail", async () => {
  const failures: unknown[] = [];
  const listen = (reason: unknown): void => void failures.push(reason);
  process.on("unhandledRejection", listen);
  const reads = /reads the values of a tensor that depends on its inputs/;
  let seen = 0;
  assertRefused(({ x }) => {
    void x.data().then(() => seen++);
    return { y: tf.square(x) };
  }, reads);
  assertRefused(({ x }) => {
    void tf.whereAsync(tf.greater(x, 0));
    throw new Error("follows");
  }, reads);
  assertRefused(
    (async ({ x }: { x: tf.Tensor }) => ({ y: tf.mul(x, (await x.data())[0]) })) as unknown as Program,
    reads,
  );
  const x = tf.ones([2]);
  const late = compile(
    (async () => {
      await Promise.resolve();
      throw new Error("late");
    }) as unknown as Program,
    { name: "late", cacheFolder },
  );
  assert.throws(() => late({ x }), /"late" returns a promise/);
  const constant = compile(
    ({ x }: { x: tf.Tensor }) => {
      void tf
        .scalar(7)
        .data()
        .then(([value]) => (seen = value));
      return { y: tf.square(x) };
    },
    { cacheFolder },
  );
  constant({ x }).y.dispose();
  constant.dispose();
  x.dispose();
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off("unhandledRejection", listen);
  assert.deepEqual(failures, []);
  assert.equal(seen, 7);
});

test("assigning a variable is refused by name, capture or not, and the variable keeps its value", () => {
  const state = tf.variable(tf.ones([4, 4]), true, "net.state");
  const assigning: Program = ({ x }) => {
    const y = tf.square(x);
    state.assign(tf.clone(y));
    return { y };
  };
  const expected = (name: string): RegExp =>
    new RegExp(`"program" assigns the variable "${name}".*return the new value and assign it after`);
  tf.tidy(() => state.assign(tf.fill([4, 4], 7)));
  assertRefused(assigning, expected("net.state"));
  assertRefused(assigning, expected("captured"), { captures: { captured: state } });
  assertRefused(
    ({ x }) => {
      state.assign(x);
      return { y: state as tf.Tensor };
    },
    expected("captured"),
    { captures: { captured: state } },
  );
  assert.deepEqual([...state.dataSync()], new Array(16).fill(7));
  state.dispose();
});

test("a variable made, assigned and disposed inside is no business of others", () => {
  const x = tf.tensor1d([1, 2]);
  const program = compile(
    ({ x }: { x: tf.Tensor }) => {
      const sum = tf.variable(tf.zeros([2]));
      for (let i = 0; i < 3; i++) sum.assign(tf.add(sum, x) as tf.Tensor1D);
      const y = tf.clone(sum as tf.Tensor);
      sum.dispose();
      sum.dispose();
      return { y };
    },
    { cacheFolder },
  );
  const before = tf.memory().numTensors;
  const { y } = program({ x });
  assert.deepEqual([...y.dataSync()], [3, 6]);
  assert.equal(tf.memory().numTensors, before + 1);
  program.dispose();
  tf.dispose([x, y]);
});

test("a kept tensor is refused by shape, operation and line, and disposed", () => {
  let kept: tf.Tensor | undefined;
  assertRefused(
    ({ x }) => ({ y: (kept = tf.keep(tf.square(x))) }),
    /"program" keeps a tensor of shape \[4,4\], float32, made by Square, \(tf\.keep/,
  );
  assert.ok(kept!.isDisposed);
  assertRefused(({ x }) => ({ y: (kept = tf.keep(tf.clone(x))) }), /keeps a tensor of shape \[4,4\], float32 \(/);
  let variable: tf.Variable | undefined;
  const program: Program = ({ x }) => {
    variable = tf.variable(tf.zeros([3]), true, "cache");
    variable.assign(tf.ones([3]));
    return { y: tf.add(tf.keep(tf.sum(x)), tf.sum(variable)) };
  };
  const expected = /keeps the variable "cache" of shape \[3\], float32 and 1 more/;
  assertRefused(program, expected);
  // Its name is free again.
  assertRefused(program, expected);
});

test("what a function kept before it failed is disposed", () => {
  const x = tf.ones([4]);
  const before = tf.memory().numTensors;
  const failing = compile(
    ({ x }: { x: tf.Tensor }) => ({
      y: tf.grad((a) => {
        tf.keep(tf.square(a));
        throw new RangeError("no");
      })(x),
    }),
    { cacheFolder },
  );
  assert.throws(() => failing({ x }), { message: "no" });
  assert.equal(tf.memory().numTensors, before);
  x.dispose();
});

test("disposing what was made before is refused by name and line, and it stays", () => {
  const table = tf.tensor1d([1, 2, 3, 4]);
  const state = tf.variable(tf.ones([4]), true, "net.weight");
  const disposing =
    (tensor: tf.Tensor): Program =>
    ({ x }) => {
      const y = tf.square(x);
      tensor.dispose();
      return { y };
    };
  const remedy = "which a graph cannot do: it may dispose only what it makes itself";
  assertRefused(
    disposing(table),
    new RegExp(`disposes a tensor of shape \\[4\\], float32, holding 1, 2, 3, 4, ${remedy}`),
  );
  assertRefused(disposing(table), new RegExp(`disposes the tensor "table", ${remedy}`), { captures: { table } });
  assertRefused(
    disposing(state),
    new RegExp(`disposes the variable "net.weight" of shape \\[4\\], float32, ${remedy}`),
  );
  assertRefused(disposing(state), new RegExp(`disposes the variable "w", ${remedy}`), { captures: { w: state } });
  assertRefused(({ x }) => {
    const y = tf.square(x);
    x.dispose();
    return { y };
  }, /disposes the tensor "x"/);
  assert.deepEqual([...table.dataSync()], [1, 2, 3, 4]);
  assert.deepEqual([...state.dataSync()], [1, 1, 1, 1]);
  tf.dispose([table, state]);
});

test("a tensor kept from call to call is refused where it is replaced", () => {
  let last: tf.Tensor = tf.keep(tf.zeros([4, 4]));
  assertRefused(({ x }) => {
    last.dispose();
    last = tf.keep(tf.square(x));
    return { y: last };
  }, /disposes a tensor of shape \[4,4\], float32, holding 0, 0, 0, 0, …/);
  assert.deepEqual([...last.dataSync()], new Array(16).fill(0));
  last.dispose();
});
