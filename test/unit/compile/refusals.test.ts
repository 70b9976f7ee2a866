/** What a graph cannot hold is refused by name and line, with the remedy. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "../../../src/compile/index.js";
import { RandomStream } from "../../../src/random/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { assertRefused, type Program } from "./refused.js";
import { eagerly, sessions, temporaryCache } from "./support.js";

const cacheFolder = temporaryCache();

test("a tensor that is no input is refused by shape and line, whether it was uploaded yet or not", () => {
  const fresh = tf.tensor2d([1, 2, 3, 4], [1, 4]);
  assertRefused(
    ({ x }) => ({ y: tf.mul(x, fresh) }),
    /a tensor of shape \[1,4\], float32, holding 1, 2, 3, 4, which.*frozen/,
  );
  const used = tf.tidy(() => tf.add(fresh, 1));
  assertRefused(
    ({ x }) => ({ y: tf.mul(x, used) }),
    /a tensor of shape \[1,4\], float32, holding 2, 3, 4, 5, which.*Pass it as an input/,
  );
  tf.dispose([fresh, used]);
});

test("a variable that is no capture is refused by name", () => {
  const variable = tf.variable(tf.ones([4]), true, "decoder.weight");
  assertRefused(
    ({ x }) => ({ y: tf.mul(x, variable) }),
    /the variable "decoder.weight" of shape \[4\].*name it in captures/,
  );
  assertRefused(
    ({ x }) => ({ y: tf.mul(x, tf.reshape(variable, [1, 4])) }),
    /the variable "decoder.weight" of shape \[4\].*name it in captures/,
  );
  const reading = /reads the values of a captured tensor \(the variable "decoder.weight" of shape \[4\], float32\)/;
  assertRefused(({ x }) => ({ y: tf.mul(x, variable.dataSync()[0]) }), reading);
  variable.dispose();
});

test("JavaScript's random numbers are refused, a single one too", () => {
  assertRefused(
    ({ x }) => ({ y: tf.add(x, tf.randomNormal([4, 4])) }),
    /not a pure function: a constant of shape \[4,4\] changes/,
  );
  const stream = new RandomStream(1);
  assertRefused(({ x }) => ({ y: tf.mul(x, stream.uniform()) }), /a constant of shape \[\] changes/);
  assertRefused(({ x }) => ({ y: tf.dropout(x, 0.5) }), /not a pure function/);
});

test("a count of calls is refused, in a number and in the program itself", () => {
  let step = 0;
  assertRefused(({ x }) => ({ y: tf.mul(x, 1 / ++step) }), /a constant of shape \[\] changes/);
  assertRefused(({ x }) => ({ y: step++ % 2 === 0 ? tf.sin(x) : tf.cos(x) }), /its operations change/);
});

test("a number that changes between the first two calls is refused by its line; the call after that records anew", () => {
  const x = tf.tensor1d([1, 2]);
  let rate = 1;
  let runs = 0;
  const scaled = compile(
    ({ x }: { x: tf.Tensor }) => {
      runs++;
      return { y: tf.mul(x, rate) };
    },
    { name: "scaled", cacheFolder },
  );
  const values = (): number[] => {
    const { y } = scaled({ x });
    const found = [...y.dataSync()];
    y.dispose();
    return found;
  };
  const before = tf.memory().numTensors;
  assert.deepEqual(values(), [1, 2]);
  rate = 5;
  assert.throws(values, {
    name: "CompileError",
    message:
      /"scaled" is not a pure function: a constant of shape \[\] changes .* must be inputs\.\n.*refusals\.test\.[jt]s:\d+/,
  });
  assert.equal(scaled.graphs, 0);
  assert.equal(sessions(), 0);
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual(values(), [5, 10]);
  assert.deepEqual(values(), [5, 10]);
  assert.equal(runs, 6);
  scaled.dispose();
  x.dispose();
});

test("a number that changes later is refused at call 32, 512 or 8192, with the calls that may have missed it", () => {
  const x = tf.tensor1d([1, 2]);
  let calls = 0;
  let changesAt = 20;
  let runs = 0;
  const warmed = compile(
    ({ x }: { x: tf.Tensor }) => {
      runs++;
      return { y: tf.mul(x, calls < changesAt ? 3 : 5) };
    },
    { name: "warmed", cacheFolder },
  );
  const callUntil = (last: number): void => {
    while (calls < last) {
      calls++;
      warmed({ x }).y.dispose();
    }
  };
  const before = tf.memory().numTensors;
  callUntil(31);
  assert.equal(runs, 3, "twice at the first call, once at the second");
  const missed = (at: number, from: number): RegExp =>
    new RegExp(`a constant of shape \\[\\] changes .*Seen at call ${at}: calls from ${from} on may have missed it`);
  assert.throws(() => callUntil(32), { name: "CompileError", message: missed(32, 3) });
  assert.equal(warmed.graphs, 0);

  [calls, runs, changesAt] = [0, 0, 513];
  callUntil(8191);
  assert.equal(runs, 5);
  assert.throws(() => callUntil(8192), { name: "CompileError", message: missed(8192, 513) });
  assert.equal(runs, 6);
  assert.equal(tf.memory().numTensors, before);
  assert.equal(sessions(), 0);
  warmed.dispose();
  x.dispose();
});

test("a choice that changes between the first two calls is refused: another operation, another output", () => {
  const x = tf.tensor1d([1, 2]);
  let calls = 0;
  const operation = compile(({ x }: { x: tf.Tensor }) => ({ y: calls < 1 ? tf.sin(x) : tf.cos(x) }), { cacheFolder });
  const output = compile(({ x }: { x: tf.Tensor }) => ({ [calls < 1 ? "a" : "b"]: tf.sin(x) }), { cacheFolder });
  tf.dispose([operation({ x }), output({ x })]);
  calls++;
  assert.throws(() => operation({ x }), /not a pure function: its operations change[^]*refusals\.test\.[jt]s:\d+/);
  assert.throws(() => output({ x }), /not a pure function: its outputs change/);
  x.dispose();
});

test("random numbers drawn by an operation are refused, whatever the seed", () => {
  for (const seed of [undefined, 7]) {
    assertRefused(
      ({ x }) => ({ y: tf.multinomial(x as tf.Tensor2D, 3, seed) }),
      /draws random numbers \(tf\.multinomial\)/,
    );
  }
});

test("an attribute that changes or is no whole number is refused by its operation", () => {
  const pool = (x: tf.Tensor, size: number, stride: number): { y: tf.Tensor } => {
    return { y: tf.maxPool(tf.reshape(x, [1, 4, 4, 1]) as tf.Tensor4D, size, stride, "same") };
  };
  let runs = 0;
  assertRefused(
    ({ x }) => pool(x, 2 + (runs++ % 2), 1),
    /not a pure function: the attribute "ksize" of MaxPool changes/,
  );
  const x = tf.ones([4, 4]);
  const fractional = compile(({ x }: { x: tf.Tensor }) => pool(x, 2, 1.5), { cacheFolder });
  assert.throws(() => fractional({ x }), {
    name: "CompileError",
    message:
      /attribute "strides" of MaxPool cannot be written into a graph: .*whole number.*1\.5\n.*refusals\.test\.[jt]s:/,
  });
  x.dispose();
});

test("an operation whose result has a shape that depends on data is refused, of constants it is not", () => {
  const expected = (name: string): RegExp =>
    new RegExp(`"program" uses ${name} on values that depend on its inputs: they decide the shape`);
  assertRefused(({ x }) => ({ y: tf.scalar(tf.unique(tf.reshape(x, [-1])).values.size) }), expected("UniqueV2"));
  assertRefused(
    ({ x }) => ({
      y: tf.image.nonMaxSuppressionWithScore(x as tf.Tensor2D, tf.sum(x, 1) as tf.Tensor1D, 3).selectedIndices,
    }),
    expected("NonMaxSuppressionV5"),
  );
  const distinct = compile(
    ({ x }: { x: tf.Tensor }) => ({ y: tf.mul(x, tf.unique(tf.tensor1d([3, 1, 3, 2])).values.size) }),
    { cacheFolder },
  );
  const x = tf.scalar(2);
  const { y } = distinct({ x });
  assert.equal(y.dataSync()[0], 6);
  distinct.dispose();
  tf.dispose([x, y]);
});

test("a large constant is refused, a large uniform one is written as one value", () => {
  const table = Float32Array.from({ length: 160 * 160 }, (_, i) => i);
  assertRefused(
    ({ x }) => ({ y: tf.add(tf.sum(x), tf.sum(tf.tensor(table, [160, 160]))) }),
    /constant of shape \[160,160\].*must be inputs/,
  );
  const compiled = compile(
    ({ x }: { x: tf.Tensor }) => ({
      y: tf.add(x, tf.tensor(new Float32Array(160 * 160).fill(3), [160, 160])),
    }),
    {
      cacheFolder,
    },
  );
  const x = tf.scalar(2);
  const { y } = compiled({ x });
  assert.equal(y.dataSync()[777], 5);
  compiled.dispose();
  tf.dispose([x, y]);
});

test("wrong inputs and results are refused by name", () => {
  const x = tf.ones([2]);
  const double = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.mul(x, 2) }), { name: "double", cacheFolder });
  assert.throws(() => double({ x: 3 as unknown as tf.Tensor }), /input "x" of "double" must be a tensor, got number/);
  const text = tf.tensor1d(["a", "b"]);
  assert.throws(() => double({ x: text }), /"x" of "double" is string: only float32, int32 and bool/);
  const gone = tf.ones([2]);
  gone.dispose();
  assert.throws(() => double({ x: gone }), /"x" of "double" has been disposed/);
  assert.throws(
    () => compile(({ x }: { x: tf.Tensor }) => ({ y: x }), { captures: { w: gone } }),
    /capture "w".*disposed/,
  );
  const nothing = compile((() => ({ y: undefined })) as unknown as Program, { name: "nothing", cacheFolder });
  assert.throws(() => nothing({ x }), /"nothing" must return tensors by name, but "y" is undefined/);
  for (const [returned, what] of [
    [undefined, "returns undefined"],
    [null, "returns null"],
    [3, "returns number"],
    [x, "returns a tensor without a name: return { y: … }"],
  ] as const) {
    const wrong = compile((() => returned) as unknown as Program, { name: "wrong", cacheFolder });
    const error = { name: "TypeError", message: `compile: "wrong" must return tensors by name, but ${what}` };
    assert.throws(() => wrong({ x }), error);
    assert.throws(() => eagerly(() => wrong({ x })), error);
  }
  const spent: Program = ({ x }) => {
    const y = tf.square(x);
    y.dispose();
    return { y };
  };
  assert.throws(
    () => compile(spent, { name: "spent", cacheFolder })({ x }),
    /"spent" must .* but "y" has been disposed/,
  );
  const promise = compile((async () => ({})) as unknown as Program, { name: "promise", cacheFolder });
  assert.throws(() => promise({ x }), /"promise" returns a promise/);
  double.dispose();
  assert.throws(() => double({ x }), /"double" has been disposed/);
  tf.dispose([x, text]);
});

test("an error of the function itself passes through, one of TensorFlow gets its line; the next call records again", () => {
  const x = tf.ones([2, 3]);
  const y = tf.ones([3, 2]);
  const program = ({ x, y }: { x: tf.Tensor; y: tf.Tensor }): { z: tf.Tensor } => {
    if (y.rank !== 2) throw new RangeError("y must be a matrix");
    return { z: tf.matMul(x, y) };
  };
  const product = compile(program, { cacheFolder });
  assert.throws(() => product({ x, y: tf.scalar(1) }), { name: "RangeError", message: "y must be a matrix" });
  assert.throws(
    () => product({ x, y: x }),
    /"program": BatchMatMul.* failed: [^]*size-incompatible[^]*refusals\.test\.[jt]s:\d+/,
  );
  const { z } = product({ x, y });
  assert.deepEqual([...z.dataSync()], [3, 3, 3, 3]);
  product.dispose();
  tf.dispose([x, y, z]);
});

test("an error of the graph names the operation and its line", () => {
  const x = tf.tensor1d([6, 8], "int32");
  const zero = tf.tensor1d([0, 2], "int32");
  const ratio = compile(({ a, b }: { a: tf.Tensor; b: tf.Tensor }) => ({ q: tf.floorDiv(a, b) }), {
    name: "ratio",
    cacheFolder,
  });
  assert.throws(
    () => ratio({ a: x, b: zero }),
    (error: Error) => {
      assert.match(error.message, /"ratio": the graph failed.*division by zero/i);
      assert.match(error.message, /is FloorDiv, recorded\n\s+at .*refusals\.test\.[jt]s:\d+/);
      return true;
    },
  );
  ratio.dispose();
  tf.dispose([x, zero]);
});

test("switched off, nothing is recorded", () => {
  const x = tf.scalar(3);
  const stream = new RandomStream(1);
  const noisy = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.add(x, stream.uniform()) }), { cacheFolder });
  const [first, second] = eagerly(() => [noisy({ x }).y, noisy({ x }).y]);
  assert.notEqual(first.dataSync()[0], second.dataSync()[0]);
  assert.equal(noisy.graphs, 0);
  tf.dispose([x, first, second]);
});
