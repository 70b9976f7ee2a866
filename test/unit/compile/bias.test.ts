/** A sum after a product becomes BiasAdd where that changes no value and no gradient. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { emitGraph } from "../../../src/compile/graph-emitter.js";
import { nativeBackend } from "../../../src/compile/native-backend.js";
import { record } from "../../../src/compile/recorder.js";
import { SignatureStore } from "../../../src/compile/signature-store.js";
import * as tf from "../../../src/runtime/tf.js";
import { assertSame, normals, temporaryCache } from "./support.js";

const cacheFolder = temporaryCache();

type Program = (inputs: Record<string, tf.Tensor>) => tf.Tensor;

const convolve = (x: tf.Tensor, k: tf.Tensor): tf.Tensor => tf.conv2d(x as tf.Tensor4D, k as tf.Tensor4D, 1, "same");

const shapes = { x: [2, 5, 4, 3], k: [3, 3, 3, 6], m: [7, 3], w: [3, 6], b: [6], row: [1, 6], column: [7, 1] };

/** Whether the addition becomes part of the product, and what that must not change. */
const programs: readonly (readonly [name: string, fused: boolean, program: Program])[] = [
  ["convolution and bias", true, ({ x, k, b }) => tf.add(convolve(x, k), b)],
  ["product of matrices and bias", true, ({ m, w, b }) => tf.add(tf.matMul(m, w), b)],
  ["convolution used twice", true, ({ x, k, b }) => tf.mul(tf.add(convolve(x, k), b), convolve(x, k))],
  ["bias on the left", false, ({ m, w, b }) => tf.add(b, tf.matMul(m, w))],
  ["a row that is no vector", false, ({ m, w, row }) => tf.add(tf.matMul(m, w), row)],
  ["a column", false, ({ m, w, column }) => tf.add(tf.matMul(m, w), column)],
  ["no product", false, ({ m, w, b }) => tf.add(tf.relu(tf.matMul(m, w)), b)],
];

for (const [name, fused, program] of programs) {
  test(`${name}: ${fused ? "" : "no "}BiasAdd, same values and gradients`, () => {
    const backend = nativeBackend()!;
    const keys = Object.keys(shapes) as (keyof typeof shapes)[];
    const inputs = Object.fromEntries(keys.map((key, i) => [key, normals([...shapes[key]], i)]));
    const { recording } = record(backend, new SignatureStore(cacheFolder, "test"), {
      name,
      inputs: keys.map((key) => ({ name: key, shape: shapes[key], dtype: 1 })),
      body: (standIns) => ({ y: program(Object.fromEntries(keys.map((key, i) => [key, standIns[i]]))) }),
    });
    assert.equal(emitGraph(backend.binding, recording).bytes.toString("latin1").includes("BiasAdd"), fused);
    assertSame(
      (given: Record<string, tf.Tensor>) => {
        const loss = (w: tf.Tensor, k: tf.Tensor, b: tf.Tensor): tf.Scalar =>
          tf.add(
            tf.sum(tf.square(program({ ...given, w, k, b }))),
            tf.sum(tf.concat([w, k, b].map((v) => tf.reshape(v, [-1])))),
          );
        const [dw, dk, db] = tf.grads(loss)([given["w"], given["k"], given["b"]]);
        return { y: program(given), dw, dk, db };
      },
      inputs,
      { cacheFolder },
    );
    tf.dispose(inputs);
  });
}
