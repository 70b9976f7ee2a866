/** Asserts that a program cannot be compiled, by what is said and what is left. */
import assert from "node:assert/strict";
import { compile, CompileError, type CompileOptions } from "../../../src/compile/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { sessions, temporaryCache } from "./support.js";

const cacheFolder = temporaryCache();

export type Program = (inputs: { x: tf.Tensor }) => Record<string, tf.Tensor>;

/** Asserts that compiling refuses with this message, names the test's file, and leaves nothing behind. */
export function assertRefused(program: Program, expected: RegExp, options: CompileOptions = {}): void {
  const x = tf.ones([4, 4]);
  const before = tf.memory().numTensors;
  const compiled = compile(program, { name: "program", cacheFolder, ...options });
  assert.throws(
    () => compiled({ x }),
    (error: Error) => {
      assert.ok(error instanceof CompileError, error.stack);
      assert.match(error.message, /"program"/);
      assert.match(error.message, expected);
      assert.match(error.message, /refusals\.test\.[jt]s:\d+/);
      return true;
    },
  );
  compiled.dispose();
  assert.equal(tf.memory().numTensors, before);
  assert.equal(sessions(), 0);
  // The backend works as before.
  assert.deepEqual([...tf.tidy(() => tf.sum(tf.add(x, 1), 0).dataSync())], [8, 8, 8, 8]);
  x.dispose();
}
