/** bf16 rounds products and convolutions only, and is offered where the processor has it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bfloat16Supported, compile } from "../../../src/compile/index.js";
import { requirePrecision } from "../../../src/compile/precision.js";
import * as tf from "../../../src/runtime/tf.js";
import { normals, relativeDistance, temporaryCache } from "./support.js";

const cacheFolder = temporaryCache();

test("bf16 is offered where the processor says it has it", () => {
  assert.equal(bfloat16Supported("flags\t\t: fpu avx512f avx512_bf16 sse2"), true);
  assert.equal(bfloat16Supported("flags : amx_bf16"), true);
  assert.equal(bfloat16Supported("flags : avx512f avx512_bf16x"), false);
  assert.equal(bfloat16Supported(""), false);
  assert.throws(() => requirePrecision("bf16", false), /AVX512_BF16 or AMX_BF16, this one has neither/);
  assert.throws(() => requirePrecision("fp8" as "bf16", true), /unknown precision "fp8"/);
  requirePrecision("bf16", true);
});

test("in bf16 convolutions, products and their gradients are rounded, nothing else is", () => {
  const program = ({ x, k, w }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
    const loss = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor): tf.Scalar => {
      const h = tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, "same");
      return tf.sum(tf.square(tf.matMul(tf.reshape(h, [-1, 16]), c))) as tf.Scalar;
    };
    const [dx, dk, dw] = tf.grads(loss)([x, k, w]);
    return { dx, dk, dw, exact: tf.add(tf.exp(x), 1 / 3) };
  };
  const inputs = { x: normals([2, 8, 8, 16]), k: normals([3, 3, 16, 16], 1), w: normals([16, 8], 2) };
  if (!bfloat16Supported()) {
    assert.throws(() => compile(program, { cacheFolder, precision: "bf16" }), RangeError);
    tf.dispose(inputs);
    return;
  }
  const rounded = compile(program, { cacheFolder, precision: "bf16" });
  const whole = compile(program, { cacheFolder });
  const [actual, expected] = [rounded(inputs), whole(inputs)];
  for (const name of ["dx", "dk", "dw"]) {
    const distance = relativeDistance(actual[name], expected[name]);
    // bfloat16 has 8 bits: not float32, and not far from it either.
    assert.ok(distance > 1e-5 && distance < 1e-2, `${name} differs by ${distance}`);
  }
  assert.ok(relativeDistance(actual.exact, expected.exact) < 1e-6);
  for (const compiled of [rounded, whole]) compiled.dispose();
  tf.dispose([inputs, actual, expected] as unknown as tf.Tensor[]);
});
