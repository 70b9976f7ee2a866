/** The players of a GAN: shapes, ranges, gradients, one example's independence of the others, and what they refuse. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DcganDiscriminator,
  DcganGenerator,
  MlpDiscriminator,
  MlpGenerator,
  type DiscriminatorNetwork,
  type GeneratorNetwork,
} from "../../../src/networks/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { checkJointGradient, largestDifference, normal } from "../nn/gradient-check.js";

const image = { height: 8, width: 4, block_out_channels: [4, 6] };
const generators: Record<string, () => GeneratorNetwork> = {
  DcganGenerator: () => new DcganGenerator({ ...image, latent_channels: 3, norm_num_groups: 2 }, { seed: 1 }),
  MlpGenerator: () => new MlpGenerator({ dimensions: 3, latent_channels: 3, hidden: [7, 5] }, { seed: 1 }),
};
const discriminators: Record<string, () => DiscriminatorNetwork> = {
  DcganDiscriminator: () => new DcganDiscriminator(image, { seed: 1 }),
  "DcganDiscriminator with spectral norm": () =>
    new DcganDiscriminator({ ...image, weight_norm: "spectral" }, { seed: 1 }),
  MlpDiscriminator: () => new MlpDiscriminator({ dimensions: 3, hidden: [7, 5] }, { seed: 1 }),
};

/** The network maps [N, …from] to [N, …to], each example for itself, and leaves nothing behind. */
function checkMap(apply: (x: tf.Tensor) => tf.Tensor, from: readonly number[], to: readonly number[]): void {
  const x = normal([3, ...from], 5);
  const before = tf.memory().numTensors;
  const y = apply(x);
  assert.deepEqual(y.shape, [3, ...to]);
  const alone = tf.tidy(() => tf.concat(tf.split(x, 3).map(apply)));
  assert.ok(largestDifference(y, alone) < 1e-5);
  tf.dispose([y, alone]);
  assert.equal(tf.memory().numTensors, before);
  x.dispose();
}

for (const [name, make] of Object.entries(generators)) {
  test(`${name} makes an example of each latent, and its gradients equal differences`, () => {
    const network = make();
    checkMap((z) => network.apply(z as tf.Tensor2D), [3], network.exampleShape);
    checkJointGradient(([z]) => network.apply(z as tf.Tensor2D), [normal([2, 3], 6)], network.parameters, {
      step: 1e-3,
      tolerance: 2e-2,
    });
    assert.throws(() => network.apply(tf.zeros([2, 4])), /takes latents \[N, 3\], got shape \[2,4\]/);
    network.dispose();
  });
}

for (const [name, make] of Object.entries(discriminators)) {
  test(`${name} gives each example a score, and its gradients equal differences`, () => {
    const network = make();
    checkMap((x) => network.apply(x), network.exampleShape, []);
    // Spectral norm holds its vectors fast in the gradient, which differences do not until they have settled.
    for (let i = 0; i < 100; i++) {
      const next = network.buffers();
      for (const { name: buffer, variable } of network.parameters.buffers) variable.assign(next[buffer]);
      tf.dispose(next);
    }
    checkJointGradient(([x]) => network.apply(x), [normal([2, ...network.exampleShape], 6)], network.parameters, {
      step: 1e-3,
      tolerance: 2e-2,
    });
    assert.throws(() => network.apply(tf.zeros([2, 9])), /takes examples \[N, .*\], got shape \[2,9\]/);
    network.dispose();
  });
}

test("images lie in [−1, 1], however large the latents", () => {
  const network = generators["DcganGenerator"]() as DcganGenerator;
  const images = tf.tidy(() => network.apply(tf.mul(normal([4, 3], 2), 1e4) as tf.Tensor2D));
  assert.ok(images.dataSync().every((value) => value >= -1 && value <= 1));
  images.dispose();
  network.dispose();
});

test("a configuration that makes no network is refused by its key", () => {
  const wrong: [build: () => unknown, message: RegExp][] = [
    [() => new DcganGenerator({ latent_channels: 0 }), /latent_channels must be a positive whole number, got 0/],
    [() => new MlpGenerator({ latent_channels: 0 }), /latent_channels must be a positive whole number, got 0/],
    [() => new DcganGenerator({ height: 30 }), /an image of 30×28 cannot be halved 2 times/],
    [() => new DcganGenerator({ norm_num_groups: 7 }), /64 channels do not divide into 7 groups/],
    [() => new DcganDiscriminator({ block_out_channels: [] }), /block_out_channels must name at least one level/],
    [() => new DcganDiscriminator({ negative_slope: 1 }), /negative_slope must lie in 0 … < 1, got 1/],
    [() => new MlpDiscriminator({ weight_norm: "batch" as "spectral" }), /weight_norm: unknown "batch"/],
    [() => new MlpGenerator({ hidden: [8, 0] }), /hidden must be a positive whole number, got 0/],
    [() => new MlpDiscriminator({ hiden: [8] } as object), /MlpDiscriminator does not know hiden/],
  ];
  const before = tf.memory().numTensors;
  for (const [build, message] of wrong) assert.throws(build, message);
  assert.equal(tf.memory().numTensors, before);
});
