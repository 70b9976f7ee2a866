/** Spectral normalisation divides by the largest singular value, and its gradient is that of W/σ(W). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Conv2d, ConvTranspose2d, Dense, Parameters, stopGradient } from "../../../src/nn/index.js";
import { symmetricEigen } from "../../../src/numeric/symmetric.js";
import * as tf from "../../../src/runtime/tf.js";
import { checkGradients, largestDifference, normal } from "./gradient-check.js";

interface Layer {
  readonly parameters: Parameters;
  apply(x: tf.Tensor): tf.Tensor;
  buffers(): Record<string, tf.Tensor>;
  /** W as a matrix [rows, columns], row by row. */
  matrix(): { values: Float32Array; rows: number; columns: number };
}

const layers: Record<string, { make: () => Layer; input: number[] }> = {
  "a dense layer": {
    input: [2, 5],
    make: () => made((scope) => new Dense(scope, { inputs: 5, outputs: 3, bias: false, norm: "spectral" }), 1),
  },
  "a convolution": {
    input: [2, 6, 6, 2],
    make: () =>
      made((scope) => new Conv2d(scope, { inputs: 2, outputs: 3, stride: 2, bias: false, norm: "spectral" }), 3),
  },
  "a transposed convolution": {
    input: [2, 3, 3, 3],
    make: () =>
      made((scope) => new ConvTranspose2d(scope, { inputs: 3, outputs: 2, bias: false, norm: "spectral" }), 2),
  },
};

type Scope = ReturnType<Parameters["scope"]>;
type Built = Pick<Layer, "buffers"> & { apply(x: never): tf.Tensor };

function made(build: (scope: Scope) => Built, outputAxis: number): Layer {
  const parameters = new Parameters({ seed: 2 });
  const layer = build(parameters.scope("layer"));
  return {
    parameters,
    apply: (x) => layer.apply(x as never),
    buffers: () => layer.buffers(),
    matrix() {
      const { variable } = parameters.get("layer.weight_orig");
      const axes = variable.shape.map((_, i) => i).filter((i) => i !== outputAxis);
      const columns = variable.shape[outputAxis];
      return tf.tidy(() => {
        const values = tf
          .transpose(variable, [...axes, outputAxis])
          .dataSync<"float32">()
          .slice();
        return { values, rows: values.length / columns, columns };
      });
    },
  };
}

/** The largest singular value: the root of the largest eigenvalue of MᵀM, in float64. */
function spectralNorm({ values, rows, columns }: ReturnType<Layer["matrix"]>): number {
  const product = new Float64Array(columns * columns);
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j < columns; j++) {
      for (let r = 0; r < rows; r++) product[i * columns + j] += values[r * columns + i] * values[r * columns + j];
    }
  }
  return Math.sqrt(Math.max(...symmetricEigen(product, columns).values));
}

/** What training does with the buffers, so often. */
function iterate({ parameters, buffers }: Layer, times: number): void {
  for (let i = 0; i < times; i++) {
    const next = buffers();
    for (const { name, variable } of parameters.buffers) variable.assign(next[name]);
    tf.dispose(next);
  }
}

for (const [name, { make, input }] of Object.entries(layers)) {
  test(`${name} with spectral norm applies W/σ, once its buffer has settled, and leaves nothing behind`, () => {
    const layer = make();
    assert.deepEqual(layer.parameters.names, ["layer.weight_orig"]);
    assert.deepEqual(
      layer.parameters.buffers.map((buffer) => buffer.name),
      ["layer.weight_u"],
    );
    iterate(layer, 100);
    const x = normal(input, 4);
    const before = tf.memory().numTensors;
    const normalised = layer.apply(x);
    const sigma = spectralNorm(layer.matrix());
    const { variable } = layer.parameters.get("layer.weight_orig");
    tf.tidy(() => variable.assign(tf.div(variable, sigma)));
    // σ is 1 now, whatever the start was: the layer gives the same.
    const again = layer.apply(x);
    assert.ok(Math.abs(spectralNorm(layer.matrix()) - 1) < 1e-5);
    assert.ok(largestDifference(normalised, again) < 1e-5);
    tf.dispose([normalised, again]);
    assert.equal(tf.memory().numTensors, before);
    layer.parameters.dispose();
  });

  test(`the gradient of ${name} with spectral norm is that of W/σ(W)`, () => {
    const layer = make();
    iterate(layer, 200);
    // Where u and v are the singular vectors, σ does not depend on them to first order: differences may hold them fast.
    checkGradients(([x]) => layer.apply(x), [normal(input, 4)], layer.parameters, { tolerance: 5e-3 });
    layer.parameters.dispose();
  });
}

test("no gradient passes what it is stopped at", () => {
  const [x, slope] = tf.tidy(() => {
    const at = tf.scalar(3);
    const gradient = tf.grad((v: tf.Tensor) => tf.mul(v, stopGradient(tf.square(v))) as tf.Scalar)(at);
    return [at.dataSync()[0], gradient.dataSync()[0]];
  });
  assert.equal(slope, x ** 2);
});

test("an unknown norm of a weight is refused", () => {
  const parameters = new Parameters();
  assert.throws(
    () => new Dense(parameters.scope("a"), { inputs: 2, outputs: 2, norm: "weight" as "spectral" }),
    /unknown norm "weight" of a weight: there is "spectral"/,
  );
  parameters.dispose();
});
