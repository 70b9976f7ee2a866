/** Each layer of a flow comes back from where it goes, and changes volumes by what it says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ActNorm,
  AffineCoupling,
  Dense,
  InvertibleConvolution,
  Parameters,
  type Bijection,
} from "../../../../src/index.js";
import { Logit } from "../../../../src/networks/flow/logit.js";
import { squeeze, unsqueeze } from "../../../../src/networks/flow/squeeze.js";
import * as tf from "../../../../src/runtime/tf.js";
import { checkGradients, largestDifference, normal } from "../../nn/gradient-check.js";
import { moved, numericalLogDeterminant } from "./helpers.js";

interface Made {
  readonly layer: Bijection;
  readonly parameters: Parameters;
  readonly x: tf.Tensor;
}

function made(make: (parameters: Parameters) => Bijection, x: tf.Tensor): Made {
  const parameters = new Parameters({ seed: 4 });
  const layer = make(parameters);
  return { layer, ...moved({ parameters }, 0.3), x };
}

const coupling = (parameters: Parameters, channels: number, transforms: "first" | "second"): Bijection => {
  const kept = transforms === "second" ? Math.ceil(channels / 2) : Math.floor(channels / 2);
  const dense = new Dense(parameters.scope("dense"), { inputs: kept, outputs: 2 * (channels - kept) });
  return new AffineCoupling((part: tf.Tensor) => tf.mul(dense.apply(part), 2), { channels, transforms });
};

const layers: Readonly<Record<string, () => Made>> = {
  "ActNorm of points": () => made((p) => new ActNorm(p.scope("norm"), 3), normal([2, 3], 1)),
  "ActNorm of images": () => made((p) => new ActNorm(p.scope("norm"), 2), normal([2, 3, 2, 2], 1)),
  "coupling, second part": () => made((p) => coupling(p, 3, "second"), normal([2, 3], 1)),
  "coupling, first part": () => made((p) => coupling(p, 3, "first"), normal([2, 3], 1)),
  "coupling of images": () => made((p) => coupling(p, 4, "second"), normal([2, 2, 1, 4], 1)),
  "1×1 convolution of 1 channel": () =>
    made((p) => new InvertibleConvolution(p.scope("mix"), 1) as Bijection, normal([2, 2, 2, 1], 1)),
  "1×1 convolution of 4 channels": () =>
    made((p) => new InvertibleConvolution(p.scope("mix"), 4) as Bijection, normal([2, 2, 1, 4], 1)),
  "1×1 convolution of 5 channels": () =>
    made((p) => new InvertibleConvolution(p.scope("mix"), 5) as Bijection, normal([2, 1, 1, 5], 1)),
  logit: () =>
    made(
      () => new Logit(0.1),
      tf.tidy(() => tf.sigmoid(normal([2, 3], 1))),
    ),
};

for (const [name, make] of Object.entries(layers)) {
  test(`${name}: the inverse undoes it, ln |det| is that of the Jacobian, gradients equal differences`, () => {
    const { layer, parameters, x } = make();
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const { y, logDeterminant } = layer.forward(x);
      assert.ok(largestDifference(layer.inverse(y), x) < 1e-5);
      const found = tf.broadcastTo(logDeterminant, [2]).dataSync();
      const shape = [1, ...x.shape.slice(1)];
      for (let i = 0; i < 2; i++) {
        const one = tf.slice(x, i, 1).dataSync() as Float32Array;
        const flat = (v: tf.Tensor): tf.Tensor => {
          const { y: out } = layer.forward(tf.reshape(v, [v.shape[0], ...shape.slice(1)]));
          return tf.reshape(out, [v.shape[0], -1]);
        };
        const expected = numericalLogDeterminant(flat, one, [one.length]);
        assert.ok(Math.abs(found[i] - expected) < 1e-3, `${found[i]} for ${expected}`);
      }
    });
    assert.equal(tf.memory().numTensors, before);
    const everything = ([v]: tf.Tensor[]): tf.Tensor =>
      tf.tidy(() => {
        const { y, logDeterminant } = layer.forward(v);
        return tf.concat([tf.reshape(y, [-1]), tf.broadcastTo(logDeterminant, [2])]);
      });
    checkGradients(everything, [x], parameters, { tolerance: 5e-3 });
    if (name !== "logit")
      checkGradients(([v]) => tf.tidy(() => layer.inverse(v)), [x], parameters, { tolerance: 5e-3 });
    parameters.dispose();
    x.dispose();
  });
}

test("a 1×1 convolution starts as a rotation, and each seed gives another", () => {
  const weight = (seed: number): tf.Tensor2D =>
    tf.tidy(() => {
      const parameters = new Parameters({ seed });
      const mix = new InvertibleConvolution(parameters.scope("mix"), 6);
      // Unit vectors as pixels: row i of y is column i of W.
      const { y } = mix.forward(tf.reshape(tf.eye(6), [1, 6, 1, 6]));
      const matrix = tf.reshape(y, [6, 6]) as tf.Tensor2D;
      parameters.dispose();
      return matrix;
    });
  const [one, other] = [weight(1), weight(2)];
  tf.tidy(() => assert.ok(largestDifference(tf.matMul(one, one, false, true), tf.eye(6)) < 1e-5));
  assert.ok(largestDifference(one, other) > 0.1);
  tf.dispose([one, other]);
});

test("ActNorm starts with mean 0 and deviation 1; a channel that never changes stays finite", () => {
  const parameters = new Parameters();
  const norm = new ActNorm(parameters.scope("norm"), 3);
  const x = tf.tidy(() => tf.add(tf.mul(normal([5, 4, 4, 3], 1), [2, 0.1, 0]), [1, -3, 7]));
  norm.initialise(x);
  tf.tidy(() => {
    const { y, logDeterminant } = norm.forward(x);
    const { mean, variance } = tf.moments(y, [0, 1, 2]);
    assert.ok(largestDifference(mean, tf.zeros([3])) < 1e-4);
    assert.ok(largestDifference(variance, tf.tensor1d([1, 1, 0])) < 1e-3);
    assert.ok(Number.isFinite(logDeterminant.dataSync()[0]));
  });
  x.dispose();
  parameters.dispose();
});

test("squeezing puts the four pixels of a square into channels, row by row, and is undone", () => {
  tf.tidy(() => {
    const x = tf.reshape(tf.range(0, 32), [1, 4, 4, 2]) as tf.Tensor4D;
    const y = squeeze(x);
    assert.deepEqual(y.shape, [1, 2, 2, 8]);
    assert.deepEqual([...tf.slice(y, [0, 1, 0, 0], [1, 1, 1, 8]).dataSync()], [16, 17, 18, 19, 24, 25, 26, 27]);
    assert.deepEqual(unsqueeze(y).dataSync(), x.dataSync());
  });
});

test("a coupling of one channel is refused: nothing would be kept, or nothing changed", () => {
  assert.throws(() => new AffineCoupling((x) => x, { channels: 1 }), /at least 2 channels.*got 1/);
});
