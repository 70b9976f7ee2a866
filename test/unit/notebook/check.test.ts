/** `check` tells right from wrong answers without giving them away or stopping a learner. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { check, ExerciseError, type CheckOptions, type Expected } from "../../../src/notebook/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { displayed, headless, text, watched, withEnvironment } from "./kernel-stand-in.js";

type Arguments = [exercise: string, answer: unknown, expected: Expected<unknown>, hint?: string | CheckOptions];
const verdict = (...given: Arguments) => text(withEnvironment(watched, () => displayed(() => check(...given)))[0]);

test("right answers are green: numbers within tolerance, arrays, tensors, words, objects, predicates", () => {
  const right: Arguments[] = [
    ["1", 0.33333, 1 / 3],
    ["1", [1, 2, 3], tf.tensor1d([1, 2, 3])],
    [
      "1",
      tf.ones([2, 2]),
      [
        [1, 1],
        [1, 1],
      ],
    ],
    ["1", 1.2, 1, { tolerance: 0.2 }],
    ["1", "ddim", "ddim"],
    ["1", true, true],
    ["1", { a: [1] }, { a: [1] }],
    ["1", 4, (x: unknown) => x === 4],
    ["1", () => 7, 7],
    ["1", NaN, NaN],
    ["1", 1e6, 1e6 + 50],
  ];
  for (const given of right) assert.equal(verdict(...given), "✓ 1 correct", String(given[1]));
});

test("wrong answers are red, say what is wrong and do not give the answer away", () => {
  const reason = (...given: Arguments) => verdict(...given).replace(/^✗ 1 not yet: /, "");
  assert.equal(reason("1", 0.5, 0.25), "0.5 is too large");
  assert.equal(reason("1", -1, 0.25), "-1 is too small");
  assert.equal(reason("1", NaN, 2), "NaN is not a number");
  assert.equal(
    reason("1", [1, 2, 9], [1, 2, 3]),
    "1 of 3 values are wrong, first the one at [2]: 9 is too large, the largest error is 6",
  );
  assert.equal(
    reason(
      "1",
      [
        [0, 0],
        [0, 0],
      ],
      [
        [0, 0],
        [1, 0],
      ],
    ),
    "1 of 4 values are wrong, first the one at [1, 0]: 0 is too small, the largest error is 1",
  );
  assert.equal(reason("1", [1, 2], [1, 2, 3]), "your answer has shape [2], asked for is shape [3]");
  assert.equal(reason("1", "three", 3), "a number is asked for, not 'three'");
  assert.equal(reason("1", "a", "b"), "'a' is not it");
  assert.equal(
    reason("1", 5, (x: unknown) => `${x} is odd`),
    "5 is odd",
  );
  assert.equal(
    reason("1", 5, () => false),
    "5 is not it",
  );
  assert.equal(
    reason(
      "1",
      () => {
        throw new RangeError("t is 0");
      },
      1,
    ),
    "your code threw RangeError: t is 0",
  );
  assert.equal(reason("1", Promise.resolve(1), 1), "your answer is a promise; put `await` before it");
  assert.match(
    reason("1", 5, () => {
      throw new TypeError("no shape");
    }),
    /could not be judged: no shape/,
  );
});

test("hints come with red only, and marks in colour", () => {
  assert.equal(verdict("3.2", 1, 2, "look at ᾱ"), "✗ 3.2 not yet: 1 is too small\n  Hint: look at ᾱ");
  assert.equal(verdict("3.2", 2, 2, "look at ᾱ"), "✓ 3.2 correct");
  const [red] = displayed(() => check("3.2", 1, 2, { hint: "use *beta_t*" }));
  assert.equal(red.data["text/markdown"], "**✗ 3.2** not yet: 1 is too small\n\n*Hint: use \\*beta\\_t\\**");
});

test("an exercise that is not done is neither red nor green", () => {
  assert.equal(verdict("3.1", undefined, 3, "hint"), "○ 3.1 not answered yet");
  assert.equal(verdict("3.1", [2, undefined], [2, 3], "hint"), "○ 3.1 not answered yet");
  assert.match(verdict("3.1", 5, Infinity), /^✗ 3\.1 not yet: 5 is too small/);
  assert.match(verdict("3.1", [Infinity, 2], [Infinity, 2]), /^✓/);
  assert.match(verdict("3.1", [], new Float32Array(0)), /^✗ .*the expected value is empty/);
  const disposed = tf.tensor1d([1]);
  disposed.dispose();
  assert.match(verdict("3.1", disposed, [1]), /^✗ 3\.1 not yet: your answer .* could not be judged: .*disposed/);
  assert.equal(
    verdict("3.1", () => undefined, 3),
    "○ 3.1 not answered yet",
  );
});

test("headless, a wrong or missing answer throws after it was shown", () => {
  const sent = withEnvironment(headless, () =>
    displayed(() => {
      check("1", 1, 1);
      assert.throws(
        () => check("2", 1, 2),
        (error: Error) => error instanceof ExerciseError && error.message === "2 not yet: 1 is too small",
      );
      assert.throws(() => check("3", undefined, 2), /3 not answered yet/);
    }),
  );
  assert.deepEqual(
    sent.map((one) => text(one)[0]),
    ["✓", "✗", "○"],
  );
});

test("a learner never sees an exception", () => {
  const hostile = {
    get shape(): never {
      throw new Error("no");
    },
  };
  assert.match(
    verdict("1", hostile, (x: unknown) => (x as { shape: number }).shape === 1),
    /could not be judged/,
  );
});

test("a predicate knows the type of the answer, with or without a function around it", () => {
  const sent = displayed(() => {
    check("1", tf.ones([8, 2]), (x) => x.shape[0] === 8);
    check(
      "2",
      () => "ddim",
      (x) => x.length === 4,
    );
    check("3", undefined as number | undefined, (x) => x > 1);
  });
  assert.deepEqual(
    sent.map((one) => text(one)),
    ["✓ 1 correct", "✓ 2 correct", "○ 3 not answered yet"],
  );
});
