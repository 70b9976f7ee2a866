/** Temporary caches, session counts and comparisons for tests of `compile`. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { compile, type Compiled, type CompileOptions, type NamedTensors } from "../../../src/compile/index.js";
import { RandomStream } from "../../../src/random/index.js";
import * as tf from "../../../src/runtime/tf.js";

/** A cache of the test's own, removed afterwards. */
export function temporaryCache(): string {
  const folder = mkdtempSync(join(tmpdir(), "diffusion-lab-test-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function sessions(): number {
  return (tf.backend() as unknown as { binding: { getNumOfSavedModels(): number } }).binding.getNumOfSavedModels();
}

/** Normals, the same for the same index. */
export function normals(shape: number[], index = 0): tf.Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  return tf.tensor(new RandomStream(1, "test", index).normals(size), shape);
}

/** ‖a − b‖ / ‖b‖, or the norm of a where b is zero. */
export function relativeDistance(a: tf.Tensor, b: tf.Tensor): number {
  return tf.tidy(() => {
    const distance = tf.norm(tf.sub(tf.cast(a, "float32"), tf.cast(b, "float32"))).dataSync()[0];
    return distance / Math.max(1e-12, tf.norm(tf.cast(b, "float32")).dataSync()[0]);
  });
}

/** Runs `use` with compilation switched off. */
export function eagerly<T>(use: () => T): T {
  process.env["DIFFUSION_LAB_COMPILE"] = "0";
  try {
    return use();
  } finally {
    delete process.env["DIFFUSION_LAB_COMPILE"];
  }
}

/** Asserts that fn compiled gives what fn gives, in shape, type and value, and leaves nothing behind. */
export function assertSame<I extends NamedTensors, O extends NamedTensors>(
  fn: (inputs: I) => O,
  inputs: I,
  { tolerance, ...options }: CompileOptions & { tolerance?: number } = {},
): void {
  const before = { tensors: tf.memory().numTensors, sessions: sessions() };
  const compiled: Compiled<I, O> = compile(fn, options);
  const actual = compiled(inputs);
  const expected = eagerly(() => compiled(inputs));
  assert.deepEqual(Object.keys(actual), Object.keys(expected));
  for (const name of Object.keys(expected)) {
    assert.deepEqual(actual[name].shape, expected[name].shape, name);
    assert.equal(actual[name].dtype, expected[name].dtype, name);
    const distance = relativeDistance(actual[name], expected[name]);
    assert.ok(distance <= (tolerance ?? 1e-5), `"${name}" differs by ${distance}`);
  }
  compiled.dispose();
  tf.dispose([actual, expected] as unknown as tf.Tensor[]);
  assert.deepEqual({ tensors: tf.memory().numTensors, sessions: sessions() }, before);
}
