/** AutoencoderKL: its size, its latents and their scale, slices and tiles, and what it refuses. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AutoencoderKL, type AutoencoderKLConfig, type TilingOptions } from "../../../src/networks/index.js";
import { mapTiles } from "../../../src/networks/autoencoder-kl/tiles.js";
import * as tf from "../../../src/runtime/tf.js";
import { checkJointGradient, largestDifference, normal } from "../nn/gradient-check.js";

const small: Partial<AutoencoderKLConfig> = {
  in_channels: 2,
  out_channels: 2,
  block_out_channels: [4, 6],
  down_block_types: ["DownEncoderBlock2D", "AttnDownEncoderBlock2D"],
  up_block_types: ["UpDecoderBlock2D", "AttnUpDecoderBlock2D"],
  latent_channels: 3,
  norm_num_groups: 2,
  sample_size: 8,
};
const image = (shape: [number, number, number, number], seed = 1): tf.Tensor4D => normal(shape, seed) as tf.Tensor4D;

test("Stable Diffusion's configuration has the published number of parameters", () => {
  const four = <T>(name: T): T[] => Array<T>(4).fill(name);
  const vae = new AutoencoderKL(
    {
      block_out_channels: [128, 256, 512, 512],
      down_block_types: four("DownEncoderBlock2D" as const),
      up_block_types: four("UpDecoderBlock2D" as const),
      layers_per_block: 2,
      sample_size: 512,
    },
    { start: "zeros" },
  );
  assert.equal(vae.parameters.count, 83_653_863);
  assert.equal(vae.parameters.names.length, 248);
  assert.equal(vae.factor, 8);
  vae.dispose();
});

test("shapes follow the image, one result of one tensor is left, and disposing frees all", () => {
  const before = tf.memory().numTensors;
  const vae = new AutoencoderKL(small);
  const x = image([3, 7, 10, 2]);
  const held = tf.memory().numTensors;
  const posterior = vae.encode(x);
  assert.equal(tf.memory().numTensors, held + 2);
  assert.deepEqual(posterior.mean.shape, [3, 3, 5, 3]);
  assert.deepEqual(posterior.logVariance.shape, [3, 3, 5, 3]);
  const [kl, z] = [posterior.kl(), posterior.sample(tf.onesLike(posterior.mean))];
  assert.deepEqual(kl.shape, [3]);
  const decoded = vae.decode(z);
  assert.deepEqual(decoded.shape, [3, 6, 10, 2]);
  tf.dispose([x, kl, z, decoded, posterior.mean, posterior.logVariance]);
  vae.dispose();
  // Of the noise that was made for the sample.
  assert.equal(tf.memory().numTensors, before + 1);
});

test("log variances stay within −30 … 20, as upstream bounds them", () => {
  const vae = new AutoencoderKL(small);
  const bias = vae.parameters.get("quant_conv.bias").variable;
  bias.assign(tf.tensor1d([0, 0, 0, 100, -100, 0]));
  const { logVariance } = vae.encode(image([1, 4, 4, 2]));
  const [high, low] = (tf.unstack(logVariance, 3) as tf.Tensor[]).map((channel) => new Set(channel.dataSync()));
  assert.deepEqual([high, low], [new Set([20]), new Set([-30])]);
  vae.dispose();
});

test("a draw is mean + deviation·noise, and its KL the closed form", () => {
  const vae = new AutoencoderKL(small, { seed: 2 });
  const posterior = vae.encode(image([2, 4, 6, 2]));
  const noise = image([2, 2, 3, 3], 5);
  const [mean, logVariance, eps, z, kl] = [
    posterior.mean,
    posterior.logVariance,
    noise,
    posterior.sample(noise),
    posterior.kl(),
  ].map((tensor) => [...tensor.dataSync()]);
  z.forEach((value, i) => assert.ok(Math.abs(value - mean[i] - Math.exp(logVariance[i] / 2) * eps[i]) < 1e-5));
  kl.forEach((value, n) => {
    const terms = Array.from({ length: 18 }, (_, j) => {
      const [m, v] = [mean[18 * n + j], logVariance[18 * n + j]];
      return (m * m + Math.exp(v) - 1 - v) / 2;
    });
    assert.ok(Math.abs(value - terms.reduce((sum, term) => sum + term)) < 1e-4);
  });
  vae.dispose();
});

test("gradients of the image and of every parameter", () => {
  const vae = new AutoencoderKL(small, { seed: 4 });
  const noise = image([2, 2, 2, 3], 3);
  const reconstruct = (x: tf.Tensor): tf.Tensor =>
    tf.tidy(() => vae.decode(vae.encode(x as tf.Tensor4D).sample(noise)));
  checkJointGradient(([x]) => reconstruct(x), [image([2, 4, 5, 2])], vae.parameters);
  vae.dispose();
});

test("latents are scaled by factor, shift or moments of each channel, and come back", () => {
  const z = image([1, 2, 2, 3]);
  const [first, , third] = z.dataSync();
  const cases: [Partial<AutoencoderKLConfig>, number, number][] = [
    [{}, first * 0.18215, third * 0.18215],
    [{ scaling_factor: 0.3611, shift_factor: 0.1159 }, (first - 0.1159) * 0.3611, (third - 0.1159) * 0.3611],
    [
      { scaling_factor: 0.5, latents_mean: [1, 2, 3], latents_std: [2, 4, 8] },
      ((first - 1) / 2) * 0.5,
      ((third - 3) / 8) * 0.5,
    ],
  ];
  for (const [scale, ...expected] of cases) {
    const vae = new AutoencoderKL({ ...small, ...scale });
    const scaled = vae.scaleLatents(z);
    const [a, , c] = scaled.dataSync();
    expected.forEach((value, i) => assert.ok(Math.abs([a, c][i] - value) < 1e-6));
    assert.ok(largestDifference(vae.unscaleLatents(scaled), z) < 1e-5);
    vae.dispose();
  }
});

test("slices give what the batch gives; tiles of an image no larger than one give the whole", () => {
  const vae = new AutoencoderKL(small);
  const x = image([3, 8, 6, 2]);
  const z = image([3, 4, 3, 3], 2);
  const whole = { mean: vae.encode(x).mean, decoded: vae.decode(z) };
  for (const options of [{ slicing: true }, { tiling: true }, { tiling: 16, slicing: true }]) {
    const held = tf.memory().numTensors;
    const { mean, logVariance } = vae.encode(x, options);
    const decoded = vae.decode(z, options);
    assert.equal(tf.memory().numTensors, held + 3);
    assert.ok(largestDifference(mean, whole.mean) < 1e-5);
    assert.ok(largestDifference(decoded, whole.decoded) < 1e-5);
    tf.dispose([mean, logVariance, decoded]);
  }
  vae.dispose();
});

test("of a map that sees one latent at a time, tiles give exactly what the whole gives", () => {
  const x = image([2, 20, 28, 2]);
  const before = tf.memory().numTensors;
  const halve = (tile: tf.Tensor4D): tf.Tensor4D => tf.avgPool(tile, 2, 2, "valid");
  const double = (tile: tf.Tensor4D): tf.Tensor4D =>
    tf.image.resizeNearestNeighbor(tile, [2 * tile.shape[1], 2 * tile.shape[2]]);
  for (const [map, outputSide] of [
    [halve, 4],
    [double, 16],
  ] as const) {
    const tiled = mapTiles(x, { side: 8, outputSide }, map);
    const whole = map(x);
    assert.ok(largestDifference(tiled, whole) < 1e-6);
    tf.dispose([tiled, whole]);
  }
  assert.equal(tf.memory().numTensors, before);
  // Each tile gives its own number: over the shared quarter it goes from the one to the next in equal steps.
  let count = 0;
  const numbered = mapTiles(tf.zeros([1, 4, 14, 1]), { side: 8, outputSide: 8 }, (tile) =>
    tf.fill(tile.shape, count++),
  );
  const [row] = numbered.arraySync()[0];
  assert.deepEqual(row.flat(), [0, 0, 0, 0, 0, 0, 0, 0.5, 1, 1, 1, 1, 1, 1.5]);
});

test("inputs and tiles that do not fit are refused with what would, and leave nothing", () => {
  const vae = new AutoencoderKL(small);
  const [x, z] = [image([1, 8, 8, 2]), image([1, 4, 4, 3])];
  const [odd, grey] = [image([1, 9, 12, 2]), image([1, 8, 8, 1])];
  const [flat, thin] = [tf.zeros([8, 8, 2]) as unknown as tf.Tensor4D, image([1, 1, 8, 2])];
  const before = tf.memory().numTensors;
  const refuses = (act: () => unknown, message: RegExp): void => {
    assert.throws(act, message);
    assert.equal(tf.memory().numTensors, before);
  };
  refuses(() => vae.encode(grey), /takes images \[N, H, W, 2\] of at least 2 × 2, got shape \[1,8,8,1\]/);
  refuses(() => vae.encode(flat), /got shape \[8,8,2\]/);
  refuses(() => vae.encode(thin), /at least 2 × 2, got shape \[1,1,8,2\]/);
  refuses(() => vae.decode(x), /takes latents \[N, h, w, 3\], got shape \[1,8,8,2\]/);
  refuses(() => vae.decode(z, { tiling: 12 }), /side of a tile must be a multiple of 8 pixels, .* got 12/);
  refuses(() => vae.encode(x, { tiling: NaN }), /multiple of 8 pixels, .* got NaN/);
  refuses(() => vae.encode(odd, { tiling: true }), /multiples of 2, got 9 × 12: resize it/);
  refuses(() => vae.decode(z, { tilling: true } as TilingOptions), /tilling.*tiling/);
  vae.dispose();
});

test("configurations that cannot be built are refused by the name of their key", () => {
  const bad: [Record<string, unknown>, RegExp][] = [
    [{ down_block_types: ["DownEncoderBlock2D"] }, /down_block_types names 1 blocks for 2 block_out_channels/],
    [{ up_block_types: ["UpDecoderBlock2D", "UpBlock2D"] }, /up_block_types: unknown "UpBlock2D", allowed are/],
    [{ block_out_channels: [] }, /block_out_channels must name at least one level/],
    [{ norm_num_groups: 4 }, /block_out_channels has 6, which norm_num_groups = 4 does not divide/],
    [{ act_fn: "quick_gelu" }, /act_fn: unknown "quick_gelu"/],
    [{ latent_channels: 0 }, /latent_channels must be a positive whole number, got 0/],
    [{ layers_per_block: 0 }, /layers_per_block must be a positive whole number/],
    [{ sample_size: [8, 0] }, /sample_size must be a positive whole number, got 0/],
    [{ sample_size: null }, /sample_size must be a positive whole number, got null/],
    [{ scaling_factor: 0 }, /scaling_factor must be a number other than 0/],
    [{ scaling_factor: "1" }, /scaling_factor must be a number, got "1"/],
    [{ shift_factor: "1" }, /shift_factor must be a number, got "1"/],
    [{ shift_factor: 1, latents_mean: [1, 2, 3] }, /shift_factor and latents_mean both move the latents/],
    [{ latents_mean: [1, 2] }, /latents_mean has 2 numbers for latent_channels = 3/],
    [{ latents_std: [1, 0, 1] }, /latents_std are deviations, so positive, got 0/],
    [{ use_quant_conv: 1 }, /use_quant_conv must be true or false, got 1/],
    [{ double_z: false }, /AutoencoderKL does not know double_z = false/],
  ];
  const before = tf.memory().numTensors;
  for (const [change, message] of bad) {
    const config = { ...small, ...change } as Partial<AutoencoderKLConfig>;
    assert.throws(() => new AutoencoderKL(config), message, JSON.stringify(change));
  }
  assert.equal(tf.memory().numTensors, before);
});
