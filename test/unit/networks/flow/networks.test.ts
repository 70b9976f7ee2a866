/** RealNvp and Glow: exact inverses, exact densities, ActNorm's start, and what they refuse. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Glow, logDensity, RealNvp, RandomStream, type InvertibleNetwork } from "../../../../src/index.js";
import * as tf from "../../../../src/runtime/tf.js";
import { checkGradients, largestDifference } from "../../nn/gradient-check.js";
import { examples, moved, numericalLogDeterminant, smallGlow, smallNvp } from "./helpers.js";

const networks: Readonly<Record<string, () => InvertibleNetwork>> = {
  "RealNvp of 2 dimensions": () => smallNvp(2),
  "RealNvp of 3 dimensions": () => smallNvp(3),
  "Glow of 1 channel": () => smallGlow(1),
  "Glow of 3 channels": () => smallGlow(3),
};

for (const [name, make] of Object.entries(networks)) {
  test(`${name}: z leads back to x, and x to z`, () => {
    const network = make();
    const x = examples(network, 6);
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const { z } = network.forward(x);
      assert.deepEqual(z.shape, [6, x.size / 6]);
      const back = largestDifference(network.inverse(z), x);
      assert.ok(back < 2e-5, `${back}`);
      const other = tf.tensor2d(new RandomStream(8, "z").normals(z.size), z.shape);
      // Float32 keeps no more of a grey value near 1.
      const allowed = network.domain === "unit" ? 1e-2 : 1e-4;
      const apart = largestDifference(network.forward(network.inverse(other)).z, other);
      assert.ok(apart < allowed, `${apart}`);
    });
    assert.equal(tf.memory().numTensors, before);
    x.dispose();
    network.dispose();
  });

  test(`${name}: ln |det ∂z/∂x| is that of the numerical Jacobian`, () => {
    const network = make();
    const x = examples(network, 2);
    const { z, logDeterminant } = network.forward(x);
    logDeterminant.dataSync().forEach((found, i) => {
      const one = tf.tidy(() => tf.slice(x, i, 1).dataSync() as Float32Array);
      const expected = numericalLogDeterminant((points) => network.forward(points).z, one, [...network.shape]);
      assert.ok(Math.abs(found - expected) < 1e-2, `${found} for ${expected}`);
    });
    tf.dispose([x, z, logDeterminant]);
    network.dispose();
  });

  test(`${name}: gradients of ln p by examples and parameters equal differences`, () => {
    const network = make();
    const options = { step: 0.01, tolerance: 1e-2 };
    checkGradients(([x]) => logDensity(network, x), [examples(network, 2)], network.parameters, options);
    network.dispose();
  });

  test(`${name}: once initialised, every ActNorm gives mean 0 and variance 1, and the network says so`, () => {
    const network = make();
    assert.equal(network.initialised, false);
    const x = examples(network, 50);
    const before = tf.memory().numTensors;
    network.initialise(x);
    assert.equal(tf.memory().numTensors, before);
    assert.equal(network.initialised, true);
    // What the first ActNorm sets is what it would set again.
    const start = network.parameters.toFlat();
    network.initialise(x);
    const again = network.parameters.toFlat();
    assert.ok(start.every((value, i) => Math.abs(value - again[i]) < 1e-5));
    x.dispose();
    network.dispose();
  });
}

test("the density of points integrates to 1 on a grid", () => {
  const network = smallNvp();
  const [side, reach] = [400, 12];
  const step = (2 * reach) / side;
  const total = tf.tidy(() => {
    const points = new Float32Array(2 * side * side);
    for (let i = 0; i < side * side; i++) {
      points[2 * i] = -reach + step * ((i % side) + 0.5);
      points[2 * i + 1] = -reach + step * (Math.floor(i / side) + 0.5);
    }
    return tf.sum(tf.exp(logDensity(network, tf.tensor2d(points, [side * side, 2])))).dataSync()[0] * step * step;
  });
  assert.ok(Math.abs(total - 1) < 2e-3, `${total}`);
  network.dispose();
});

test("of an affine map it is the density of that Gaussian", () => {
  // Couplings that do nothing, one ActNorm of bias b and scale s: x = z/s − b, so x ~ N(−b, s^−2).
  const network = new RealNvp({ num_couplings: 1, hidden: [4] });
  const [b, logScale] = [
    [0.5, -2],
    [0.3, -0.7],
  ];
  network.parameters.get("steps.0.norm.bias").variable.assign(tf.tensor1d(b));
  network.parameters.get("steps.0.norm.log_scale").variable.assign(tf.tensor1d(logScale));
  const x = examples(network, 20);
  const points = x.dataSync();
  const found = tf.tidy(() => logDensity(network, x).dataSync());
  found.forEach((value, i) => {
    const expected = [0, 1].reduce((sum, k) => {
      const deviation = Math.exp(-logScale[k]);
      const u = (points[2 * i + k] + b[k]) / deviation;
      return sum - 0.5 * u * u - Math.log(deviation) - 0.5 * Math.log(2 * Math.PI);
    }, 0);
    assert.ok(Math.abs(value - expected) < 1e-4, `${value} for ${expected}`);
  });
  x.dispose();
  network.dispose();
});

test("of a network that changes nothing, an image's density is that of logits that are N(0, 1)", () => {
  const margin = 0.1;
  const network = new Glow({ height: 4, width: 4, num_steps: 1, hidden_channels: 4, logit_margin: margin });
  const x = examples(network, 3);
  const values = x.dataSync() as Float32Array;
  const found = tf.tidy(() => logDensity(network, x).dataSync());
  found.forEach((value, i) => {
    // Rotations and permutations keep the norm: ln p = Σ ln N(logit p; 0, 1) + ln (1 − α) − ln p(1 − p).
    const expected = values.slice(16 * i, 16 * (i + 1)).reduce((sum, v) => {
      const p = margin / 2 + (1 - margin) * v;
      const y = Math.log(p / (1 - p));
      return sum - 0.5 * y * y - 0.5 * Math.log(2 * Math.PI) + Math.log(1 - margin) - Math.log(p * (1 - p));
    }, 0);
    assert.ok(Math.abs(value - expected) < 1e-3, `${value} for ${expected}`);
  });
  x.dispose();
  network.dispose();
});

test("every latent of a Glow of digits reaches pixels, and every pixel latents", () => {
  const network = moved(new Glow({ num_steps: 2, hidden_channels: 4 }, { seed: 1 }), 0.1);
  const x = examples(network, 1);
  tf.tidy(() => {
    const gradient = tf.grad((v: tf.Tensor) => tf.sum(tf.square(network.forward(v).z)))(x);
    assert.ok((gradient.dataSync() as Float32Array).every((value) => value !== 0));
    const { z } = network.forward(x);
    const back = tf.grad((v: tf.Tensor) => tf.sum(tf.square(network.inverse(v as tf.Tensor2D))))(z);
    assert.ok((back.dataSync() as Float32Array).every((value) => value !== 0));
    assert.ok(largestDifference(network.inverse(z), x) < 1e-4);
  });
  x.dispose();
  network.dispose();
});

test("a configuration that cannot be is refused by its key", () => {
  const glow = (config: object) => () => new Glow({ height: 8, width: 8, num_steps: 1, ...config });
  assert.throws(glow({ width: 7 }), /image of 8×7 cannot be halved 2 times.*pad the images to 8×8/);
  assert.throws(() => new Glow({ num_levels: 3 }), /image of 28×28 cannot be halved 3 times.*pad the images to 32×32/);
  assert.throws(glow({ logit_margin: 0 }), /logit_margin must be a number between 0 and 1, got 0/);
  assert.throws(glow({ num_steps: 0 }), /num_steps must be a positive whole number, got 0/);
  assert.throws(glow({ act_fn: "tanh" }), /act_fn: unknown "tanh"/);
  assert.throws(glow({ num_stepz: 3 }), /does not know num_stepz/);
  assert.throws(() => new RealNvp({ dimensions: 1 }), /dimensions must be at least 2, got 1/);
  assert.throws(() => new RealNvp({ hidden: [] }), /hidden must name at least one/);
  assert.throws(() => new RealNvp({ num_couplings: 0.5 }), /num_couplings must be a positive whole number, got 0.5/);
});

test("examples and latents of another shape are refused", () => {
  const [glow, nvp] = [smallGlow(), smallNvp()];
  tf.tidy(() => {
    assert.throws(() => glow.forward(tf.zeros([1, 4, 5, 1])), /takes images \[N, 4, 4, 1\], got shape \[1,4,5,1\]/);
    assert.throws(() => glow.inverse(tf.zeros([1, 15])), /takes latents \[N, 16\], got shape \[1,15\]/);
    assert.throws(() => nvp.forward(tf.zeros([1, 3])), /takes points \[N, 2\], got shape \[1,3\]/);
    assert.throws(() => nvp.inverse(tf.zeros([2, 1])), /takes points \[N, 2\], got shape \[2,1\]/);
  });
  glow.dispose();
  nvp.dispose();
});
