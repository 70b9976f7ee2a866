/** Products of two matrices get the fast kernel without a changed value or gradient. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { emitGraph } from "../../../src/compile/graph-emitter.js";
import { nativeBackend } from "../../../src/compile/native-backend.js";
import { record } from "../../../src/compile/recorder.js";
import { SignatureStore } from "../../../src/compile/signature-store.js";
import * as tf from "../../../src/runtime/tf.js";
import { assertSame, normals, temporaryCache } from "./support.js";

const cacheFolder = temporaryCache();

for (const [left, right] of [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const) {
  test(`product of matrices, transposed ${left}, ${right}, and its gradients`, () => {
    const inputs = { a: normals(left ? [4, 3] : [3, 4]), b: normals(right ? [5, 4] : [4, 5], 1) };
    assertSame(
      ({ a, b }) => {
        const product = (x: tf.Tensor, y: tf.Tensor): tf.Tensor => tf.matMul(x, y, left, right);
        const squares = (x: tf.Tensor, y: tf.Tensor): tf.Scalar => tf.sum(tf.square(product(x, y)));
        const [da, db] = tf.grads(squares)([a, b]);
        return { product: product(a, b), da, db };
      },
      inputs,
      { cacheFolder },
    );
    tf.dispose(inputs);
  });
}

test("two matrices are multiplied by MatMul, batches of them by BatchMatMulV2", () => {
  const backend = nativeBackend()!;
  const operationFor = (shape: number[]): string => {
    const { recording } = record(backend, new SignatureStore(cacheFolder, "test"), {
      name: "product",
      inputs: [{ name: "x", shape, dtype: 1 }],
      body: ([x]) => ({ y: tf.matMul(x, x) }),
    });
    return emitGraph(backend.binding, recording).bytes.toString("latin1").includes("BatchMatMulV2")
      ? "BatchMatMulV2"
      : "MatMul";
  };
  assert.equal(operationFor([3, 3]), "MatMul");
  assert.equal(operationFor([2, 3, 3]), "BatchMatMulV2");
});
