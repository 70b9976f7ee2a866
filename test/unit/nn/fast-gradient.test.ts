/** Layers whose gradient is written out differentiate twice: the second gradient equals differences of the first. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "../../../src/compile/index.js";
import {
  gelu,
  geluTanh,
  GroupNorm,
  LayerNorm,
  leakyRelu,
  mish,
  Parameters,
  quickGelu,
  silu,
} from "../../../src/nn/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { normal } from "./gradient-check.js";

const parameters = new Parameters({ seed: 1 });
const groupNorm = new GroupNorm(parameters.scope("group"), { channels: 4, groups: 2 });
const layerNorm = new LayerNorm(parameters.scope("layer"), { channels: 4 });

const functions: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  silu,
  gelu,
  geluTanh,
  quickGelu,
  mish,
  GroupNorm: (x) => groupNorm.apply(x as tf.Tensor4D),
  LayerNorm: (x) => layerNorm.apply(x),
};

/** Σ u ⊙ ∇_x Σ f(x)³/3: what a penalty on a slope is made of. */
function slopeAlong(f: (x: tf.Tensor) => tf.Tensor, u: tf.Tensor): (x: tf.Tensor) => tf.Scalar {
  const whole = (x: tf.Tensor): tf.Scalar => {
    const y = f(x);
    return tf.div(tf.sum(tf.mul(y, tf.square(y))), 3);
  };
  return (x) => tf.sum(tf.mul(u, tf.grad(whole)(x)));
}

for (const [name, f] of Object.entries(functions)) {
  test(`the second gradient of ${name} equals differences of the first, recorded and not, and leaves nothing`, () => {
    const [x, u, w] = [7, 8, 9].map((seed) => normal([2, 3, 3, 4], seed));
    const before = tf.memory().numTensors;
    const second = ({ at }: { at: tf.Tensor }): { gradient: tf.Tensor } => ({
      gradient: tf.tidy(() => tf.grad(slopeAlong(f, u))(at)),
    });
    const recorded = compile(second, { name, captures: { u, ...parameters.tensors } });
    const along = (gradient: tf.Tensor): number => tf.tidy(() => tf.sum(tf.mul(gradient, w)).dataSync()[0]);
    const at = (distance: number): number =>
      tf.tidy(() => slopeAlong(f, u)(tf.add(x, tf.mul(w, distance))).dataSync()[0]);
    const h = 0.01;
    const expected = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
    for (const evaluate of [second, recorded]) {
      const { gradient } = evaluate({ at: x });
      const found = along(gradient);
      gradient.dispose();
      assert.ok(Math.abs(found - expected) < 5e-3 * Math.abs(expected), `${found}, differences ${expected}`);
    }
    recorded.dispose();
    assert.equal(tf.memory().numTensors, before);
    tf.dispose([x, u, w]);
  });
}

test("leaky ReLU: known values, and first and second derivatives of its square", () => {
  tf.tidy(() => {
    const x = tf.tensor1d([-2, -0.5, 0.25, 3]);
    const square = (v: tf.Tensor): tf.Scalar => tf.sum(tf.square(leakyRelu(v, 0.2)));
    const near = (found: tf.Tensor, expected: number[]): void =>
      found.dataSync().forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-6, `${value}`));
    near(leakyRelu(x, 0.2), [-0.4, -0.1, 0.25, 3]);
    near(tf.grad(square)(x), [-0.16, -0.04, 0.5, 6]);
    near(tf.grad((v: tf.Tensor) => tf.sum(tf.grad(square)(v)))(x), [0.08, 0.08, 2, 2]);
  });
});
