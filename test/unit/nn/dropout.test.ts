/** Dropout's masks are pure functions of seed, place and step, in the right shares. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { drawMasks, Dropout, dropoutSites, type MaskSource } from "../../../src/nn/index.js";
import { UNet2D } from "../../../src/networks/index.js";
import { checkJointGradient, largestDifference, normal } from "./gradient-check.js";

test("masks are 0 or 1/(1 − rate) in the right shares, and pure functions of seed, place and step", () => {
  const sites = new Map([
    ["a", { shape: [50, 400], rate: 0.2 }],
    ["b", { shape: [3], rate: 0.5 }],
  ]);
  const draw = (seed: number, step: number) => drawMasks(sites, { seed, step });
  const masks = draw(1, 7);
  const values = masks["a"].dataSync() as Float32Array;
  const [scale] = values.filter((v) => v !== 0);
  assert.ok(Math.abs(scale - 1.25) < 1e-5);
  assert.deepEqual(new Set(values), new Set([0, scale]));
  // Neighbours share a word of the generator, and must not share their fate: P(both) = 0.04.
  const pairs = values.filter((v, i) => i % 2 === 1 && v === 0 && values[i - 1] === 0).length;
  assert.ok(Math.abs(pairs / 10000 - 0.04) < 5 * Math.sqrt((0.04 * 0.96) / 10000));
  const dropped = values.filter((v) => v === 0).length / values.length;
  // Five standard deviations of a share of 20 000.
  assert.ok(Math.abs(dropped - 0.2) < 5 * Math.sqrt((0.2 * 0.8) / 20000));
  assert.equal(largestDifference(draw(1, 7)["a"], masks["a"]), 0);
  assert.ok(largestDifference(draw(1, 8)["a"], masks["a"]) > 0);
  assert.ok(largestDifference(draw(2, 7)["a"], masks["a"]) > 0);
  assert.deepEqual(masks["b"].shape, [3]);
  const all = new Map([["a", { shape: [1], rate: 1 }]]);
  assert.throws(() => drawMasks(all, { seed: 1, step: 1 }), /0 … < 1, got 1/);
});

test("Dropout multiplies by its mask, does nothing without one, and refuses another shape", () => {
  const x = tf.tensor1d([1, 2, 3]);
  const dropout = new Dropout("here", 0.5);
  assert.deepEqual([...dropout.apply(x, () => tf.tensor1d([2, 0, 2])).dataSync()], [2, 0, 6]);
  assert.equal(dropout.apply(x), x);
  assert.equal(
    new Dropout("here", 0).apply(x, () => assert.fail("no mask is needed at rate 0")),
    x,
  );
  assert.throws(() => dropout.apply(x, () => tf.ones([2])), /mask of here must have shape \[3\], got \[2\]/);
  assert.throws(() => new Dropout("here", -0.1), /0 … < 1, got -0.1/);
});

test("a U-Net with dropout: a mask for every residual block, exact gradients, nothing dropped without masks", () => {
  const config = {
    in_channels: 1,
    out_channels: 1,
    block_out_channels: [4, 6],
    down_block_types: ["DownBlock2D", "AttnDownBlock2D"],
    up_block_types: ["AttnUpBlock2D", "UpBlock2D"],
    layers_per_block: 1,
    norm_num_groups: 2,
    attention_head_dim: 3,
  } as const;
  const unet = new UNet2D({ ...config, dropout: 0.3 }, { seed: 1 });
  const x = normal([2, 4, 5, 1], 1) as tf.Tensor4D;
  const t = tf.tensor1d([3, 500]);
  const before = tf.memory().numTensors;
  const sites = dropoutSites((masks) => unet.apply(x, t, {}, { masks }));
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual([...sites].slice(0, 2), [
    ["down_blocks.0.resnets.0.dropout", { shape: [2, 4, 5, 4], rate: 0.3 }],
    ["down_blocks.1.resnets.0.dropout", { shape: [2, 2, 3, 6], rate: 0.3 }],
  ]);
  assert.equal(sites.size, 2 + 2 + 4);

  const drawn = drawMasks(sites, { seed: 1, step: 1 });
  const masks: MaskSource = (site) => drawn[site];
  checkJointGradient(([v]) => unet.apply(v as tf.Tensor4D, t, {}, { masks }), [x], unet.parameters);
  const plain = new UNet2D(config, { seed: 1 });
  assert.equal(largestDifference(unet.apply(x, t), plain.apply(x, t)), 0);
  assert.ok(largestDifference(unet.apply(x, t, {}, { masks }), plain.apply(x, t)) > 1e-3);
  assert.equal(dropoutSites((source) => plain.apply(x, t, {}, { masks: source })).size, 0);
});
