/** Group normalisation equals its definition and keeps its digits at large means. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { GroupNorm, Parameters } from "../../../src/nn/index.js";
import { RandomStream } from "../../../src/random/index.js";
import { checkGradients, gradientsOf, normal, relativeDifference } from "./gradient-check.js";

function layer(channels: number, groups: number, epsilon?: number) {
  const parameters = new Parameters();
  const norm = new GroupNorm(parameters.scope("norm"), { channels, groups, epsilon });
  // γ and β away from 1 and 0, so that their gradients matter.
  parameters.assignFlat(new RandomStream(8, "affine").normals(2 * channels).map((z, i) => z + (i < channels ? 1 : 0)));
  return { parameters, norm };
}

/** The definition, in operations whose gradients the tape knows. */
function naive(x: tf.Tensor4D, gamma: tf.Tensor, beta: tf.Tensor, groups: number, epsilon = 1e-5): tf.Tensor {
  return tf.tidy(() => {
    const [n, h, w, c] = x.shape;
    const grouped = tf.reshape(x, [n, h * w, groups, c / groups]);
    const { mean, variance } = tf.moments(grouped, [1, 3], true);
    const normal = tf.div(tf.sub(grouped, mean), tf.sqrt(tf.add(variance, epsilon)));
    return tf.add(tf.mul(tf.reshape(normal, x.shape), gamma), beta);
  });
}

for (const [channels, groups] of [
  [6, 1],
  [6, 2],
  [6, 3],
  [6, 6],
]) {
  test(`GroupNorm of ${channels} channels in ${groups} groups: value and gradient of the definition`, () => {
    const { parameters, norm } = layer(channels, groups);
    const [gamma, beta] = parameters.variables;
    const start = normal([2, 3, 5, channels], 1) as tf.Tensor4D;
    const x = tf.variable(start);
    assert.ok(relativeDifference(norm.apply(x as unknown as tf.Tensor4D), naive(start, gamma, beta, groups)) < 2e-6);
    const weights = normal(start.shape, 2);
    const watched = [x, gamma, beta];
    const own = gradientsOf(() => norm.apply(x as unknown as tf.Tensor4D), watched, weights);
    const tape = gradientsOf(() => naive(x as unknown as tf.Tensor4D, gamma, beta, groups), watched, weights);
    own.forEach((gradient, i) => assert.ok(relativeDifference(gradient, tape[i]) < 1e-5));
    checkGradients(([v]) => norm.apply(v as tf.Tensor4D), [start], parameters);
  });
}

test("GroupNorm keeps its digits where the mean is far larger than the deviation", () => {
  const [pixels, channels, groups] = [28 * 28, 32, 8];
  const { parameters, norm } = layer(channels, groups);
  parameters.assignFlat(Float32Array.from({ length: 2 * channels }, (_, i) => (i < channels ? 1 : 0)));
  const perGroup = channels / groups;
  for (const mean of [0, 10, 100, 1000]) {
    const x = new RandomStream(3, "far").normals(pixels * channels).map((z) => mean + z);
    const y = norm.apply(tf.tensor4d(x.slice(), [1, 28, 28, channels])).dataSync();
    let worst = 0;
    for (let g = 0; g < groups; g++) {
      const members = Array.from({ length: pixels * perGroup }, (_, i) => {
        return Math.floor(i / perGroup) * channels + g * perGroup + (i % perGroup);
      });
      const m = members.reduce((sum, i) => sum + x[i], 0) / members.length;
      const v = members.reduce((sum, i) => sum + (x[i] - m) ** 2, 0) / members.length;
      for (const i of members) worst = Math.max(worst, Math.abs(y[i] - (x[i] - m) / Math.sqrt(v + 1e-5)));
    }
    // x·scale + shift alone rounds to half a unit in the last place of the mean, 6e-8·mean.
    assert.ok(worst < 2e-6 + 4e-7 * mean, `mean ${mean}: error ${worst}`);
  }
});

test("GroupNorm of a constant image is β, with a finite gradient", () => {
  const { parameters, norm } = layer(4, 2);
  const beta = parameters.variables[1].dataSync();
  const y = norm.apply(tf.fill([1, 3, 3, 4], 0.7)).dataSync();
  y.forEach((value, i) => assert.ok(Math.abs(value - beta[i % 4]) < 1e-4));
  const x = tf.variable(tf.fill([1, 3, 3, 4], 0.7));
  const [gradient] = gradientsOf(() => norm.apply(x as unknown as tf.Tensor4D), [x], normal([1, 3, 3, 4], 1));
  assert.ok(gradient.dataSync().every(Number.isFinite));
});

test("GroupNorm takes ε from its options and refuses groups that do not divide the channels", () => {
  const { parameters, norm } = layer(4, 2, 0.5);
  const x = normal([1, 3, 3, 4], 4) as tf.Tensor4D;
  const [gamma, beta] = parameters.variables;
  assert.ok(relativeDifference(norm.apply(x), naive(x, gamma, beta, 2, 0.5)) < 2e-6);
  assert.throws(() => layer(6, 4), /4 groups do not divide 6 channels/);
});
