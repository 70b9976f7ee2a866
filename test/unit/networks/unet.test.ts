/** The U-Net takes any size, treats examples apart, and leaks no tensor. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import * as tf from "../../../src/runtime/tf.js";
import { loadParameters, saveParameters } from "../../../src/nn/index.js";
import { UNet2D, type UNet2DConfig } from "../../../src/networks/index.js";
import { checkJointGradient, largestDifference, normal } from "../nn/gradient-check.js";

const small: Partial<UNet2DConfig> = {
  in_channels: 1,
  out_channels: 1,
  block_out_channels: [4, 6],
  down_block_types: ["DownBlock2D", "AttnDownBlock2D"],
  up_block_types: ["AttnUpBlock2D", "UpBlock2D"],
  layers_per_block: 1,
  norm_num_groups: 2,
  attention_head_dim: 3,
};
const noAttention: Partial<UNet2DConfig> = {
  ...small,
  down_block_types: ["DownBlock2D", "DownBlock2D"],
  up_block_types: ["UpBlock2D", "UpBlock2D"],
  add_attention: false,
};

test("any height, width, channel count and depth: the result has the image's size, and nothing leaks", () => {
  const level = fc.record({ width: fc.constantFrom(2, 4), attention: fc.boolean() });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 11 }),
      fc.integer({ min: 1, max: 11 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 2 }),
      fc.array(level, { minLength: 1, maxLength: 3 }),
      (height, width, inputs, outputs, layers, levels) => {
        const before = tf.memory().numTensors;
        const unet = new UNet2D({
          in_channels: inputs,
          out_channels: outputs,
          block_out_channels: levels.map((l) => l.width),
          down_block_types: levels.map((l) => (l.attention ? "AttnDownBlock2D" : "DownBlock2D")),
          up_block_types: levels
            .map((l) => (l.attention ? "AttnUpBlock2D" : "UpBlock2D"))
            .reverse() as UNet2DConfig["up_block_types"],
          layers_per_block: layers,
          norm_num_groups: 1,
          attention_head_dim: 2,
        });
        const x = normal([2, height, width, inputs], 1) as tf.Tensor4D;
        const t = tf.tensor1d([3, 500]);
        const held = tf.memory().numTensors;
        const y = unet.apply(x, t);
        assert.equal(tf.memory().numTensors, held + 1);
        assert.deepEqual(y.shape, [2, height, width, outputs]);
        assert.ok(y.dataSync().every(Number.isFinite));
        tf.dispose([x, t, y]);
        unet.dispose();
        assert.equal(tf.memory().numTensors, before);
      },
    ),
    { numRuns: 25 },
  );
});

test("gradients of the image and of every parameter, every block type, class embedding, scale and shift", () => {
  const unet = new UNet2D({ ...small, num_class_embeds: 3, resnet_time_scale_shift: "scale_shift" }, { seed: 4 });
  const t = tf.tensor1d([10, 700]);
  const label = tf.tensor1d([2, 0], "int32");
  checkJointGradient(([x]) => unet.apply(x as tf.Tensor4D, t, { label }), [normal([2, 4, 5, 1], 1)], unet.parameters);
});

test("the time enters: a gradient for every parameter, and another time gives another result", () => {
  const unet = new UNet2D(small);
  const x = normal([1, 4, 4, 1], 1) as tf.Tensor4D;
  const [early, late] = [unet.apply(x, tf.tensor1d([1])), unet.apply(x, tf.tensor1d([900]))];
  assert.ok(largestDifference(early, late) > 1e-3);
  assert.deepEqual(unet.parameters.names.slice(0, 4), [
    "conv_in.weight",
    "conv_in.bias",
    "time_embedding.linear_1.weight",
    "time_embedding.linear_1.bias",
  ]);
});

test("the result for one image does not depend on its batch", () => {
  const unet = new UNet2D({ ...small, block_out_channels: [8, 12] }, { seed: 1 });
  const x = normal([5, 9, 7, 1], 2) as tf.Tensor4D;
  const t = tf.tensor1d([0, 1, 250, 500, 999]);
  const together = unet.apply(x, t);
  for (let i = 0; i < 5; i++) {
    const alone = unet.apply(tf.slice(x, i, 1), tf.slice(t, i, 1));
    assert.ok(largestDifference(tf.slice(together, i, 1), alone) < 2e-6);
  }
});

test("seed and configuration fix the network; weights survive a file", () => {
  const [a, b, other] = [
    new UNet2D(small, { seed: 5 }),
    new UNet2D(small, { seed: 5 }),
    new UNet2D(small, { seed: 6 }),
  ];
  const x = normal([1, 4, 4, 1], 1) as tf.Tensor4D;
  const t = tf.tensor1d([7]);
  assert.equal(largestDifference(a.apply(x, t), b.apply(x, t)), 0);
  assert.ok(largestDifference(a.apply(x, t), other.apply(x, t)) > 1e-3);
  const folder = mkdtempSync(join(tmpdir(), "unet-"));
  try {
    saveParameters(join(folder, "w.safetensors"), a.parameters);
    loadParameters(join(folder, "w.safetensors"), other.parameters);
    assert.equal(largestDifference(a.apply(x, t), other.apply(x, t)), 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("neither a gradient nor a refused input leaves a tensor behind", () => {
  const unet = new UNet2D(small);
  const x = normal([1, 5, 5, 1], 1) as tf.Tensor4D;
  const t = tf.tensor1d([7]);
  const before = tf.memory().numTensors;
  const { value, grads } = tf.variableGrads(
    () => tf.mean(tf.square(unet.apply(x, t))) as tf.Scalar,
    unet.parameters.variables,
  );
  assert.equal(Object.keys(grads).length, unet.parameters.variables.length);
  tf.dispose([value, grads]);
  assert.equal(tf.memory().numTensors, before);
  const two = tf.tensor1d([1, 2]);
  const held = tf.memory().numTensors;
  assert.throws(() => unet.apply(x, two), /one value an image, shape \[1\], got \[2\]/);
  assert.equal(tf.memory().numTensors, held);
});

test("inputs that do not fit are refused with what would", () => {
  const unet = new UNet2D(small);
  const byClass = new UNet2D({ ...small, num_class_embeds: 3 });
  const t = tf.tensor1d([1]);
  assert.throws(() => unet.apply(tf.zeros([1, 4, 4, 3]), t), /takes images \[N, H, W, 1\], got shape \[1,4,4,3\]/);
  assert.throws(() => unet.apply(tf.zeros([4, 4, 1]) as unknown as tf.Tensor4D, t), /got shape \[4,4,1\]/);
  assert.throws(() => unet.apply(tf.zeros([2, 4, 4, 1]), t), /one value an image, shape \[2\], got \[1\]/);
  assert.throws(
    () => unet.apply(tf.zeros([1, 4, 4, 1]), t, { label: tf.tensor1d([0], "int32") }),
    /does not know the condition "label": it takes none/,
  );
  assert.throws(() => byClass.apply(tf.zeros([1, 4, 4, 1]), t), /needs the condition "label", int32 \[1\], got none/);
  assert.throws(
    () => byClass.apply(tf.zeros([1, 4, 4, 1]), t, { label: tf.tensor1d([0, 1], "int32") }),
    /must be int32 \[1\], got int32 \[2\]/,
  );
  for (const label of [3, -1]) {
    assert.throws(
      () => byClass.apply(tf.zeros([1, 4, 4, 1]), t, { label: tf.tensor1d([label], "int32") }),
      new RegExp(`"label" of this U-Net must lie in 0 … 2, got ${label}`),
    );
  }
  const learned = new UNet2D({ ...small, time_embedding_type: "learned", num_train_timesteps: 100 });
  assert.throws(() => learned.apply(tf.zeros([1, 4, 4, 1]), tf.tensor1d([100])), /knows the times 0 … 99, got 100/);
  const grown = new UNet2D({ ...noAttention, block_out_channels: [2, 2], downsample_padding: 0 });
  assert.deepEqual(grown.apply(tf.zeros([1, 2, 5, 1]), t).shape, [1, 2, 5, 1]);
  assert.throws(() => grown.apply(tf.zeros([1, 1, 5, 1]), t), /at least 2 × 2/);
});

test("configurations that cannot be built are refused by the name of their key", () => {
  const bad: [Record<string, unknown>, RegExp][] = [
    [{ down_block_types: ["DownBlock2D"] }, /down_block_types names 1 blocks for 2 block_out_channels/],
    [{ up_block_types: ["UpBlock2D", "UpBlock2D", "UpBlock2D"] }, /up_block_types names 3 blocks/],
    [
      { down_block_types: ["DownBlock2D", "SkipDownBlock2D"] },
      /down_block_types: unknown "SkipDownBlock2D", allowed are/,
    ],
    [{ up_block_types: ["UpBlock2D", "toString"] }, /up_block_types: unknown "toString"/],
    [{ time_embedding_type: "nothing" }, /time_embedding_type: unknown "nothing"/],
    [{ resnet_time_scale_shift: "spatial" }, /resnet_time_scale_shift: unknown "spatial"/],
    [{ act_fn: "tanh2" }, /act_fn: unknown "tanh2"|unknown activation "tanh2"/],
    [{ norm_num_groups: 4 }, /block_out_channels has 6, which norm_num_groups = 4 does not divide/],
    [{ norm_num_groups: 0 }, /norm_num_groups must be a positive whole number, got 0/],
    [{ attention_head_dim: 4 }, /attention_head_dim = 4 does not divide/],
    [
      { block_out_channels: [4, 6], attn_norm_num_groups: 4 },
      /ends with 6, which attn_norm_num_groups = 4 does not divide: choose one that does, or null/,
    ],
    [{ attention_head_dim: 0 }, /attention_head_dim must be a positive whole number/],
    [{ in_channels: 0 }, /in_channels must be a positive whole number, got 0/],
    [{ out_channels: 1.5 }, /out_channels must be a positive whole number, got 1.5/],
    [{ layers_per_block: -1 }, /layers_per_block/],
    [{ layers_per_block: 1e9 }, /layers_per_block must be at most 1000, got 1000000000/],
    [
      { block_out_channels: [], down_block_types: [], up_block_types: [] },
      /block_out_channels must name at least one level/,
    ],
    [{ block_out_channels: [3, 6], norm_num_groups: 3 }, /block_out_channels starts with 3: .* must be even/],
    [{ downsample_padding: 2 }, /downsample_padding must be 0 or 1, got 2/],
    [{ mid_block_scale_factor: 0 }, /mid_block_scale_factor must be a number other than 0, got 0/],
    [{ mid_block_scale_factor: "2" }, /mid_block_scale_factor must be a number, got "2"/],
    [{ dropout: 1 }, /dropout is the share of numbers dropped, 0 … < 1, got 1/],
    [{ dropout: 0.999995 }, /0 … < 1, got 0\.999995/],
    [{ dropout: "0.1" }, /dropout must be a number, got "0.1"/],
    [{ dropout: null }, /dropout must be a number, got null/],
    [{ norm_eps: "1e-5" }, /norm_eps must be a number, got "1e-5"/],
    [{ freq_shift: "x" }, /freq_shift must be a number, got "x"/],
    [{ flip_sin_to_cos: "false" }, /flip_sin_to_cos must be true or false, got "false"/],
    [{ add_attention: "no" }, /add_attention must be true or false, got "no"/],
    [{ block_out_channels: 32 }, /block_out_channels must be a list, got 32/],
    [{ norm_eps: -1 }, /norm_eps must be a positive number, got -1/],
    [{ num_class_embeds: 0 }, /num_class_embeds must be a positive whole number, got 0/],
  ];
  const before = tf.memory().numTensors;
  for (const [change, message] of bad) {
    assert.throws(() => new UNet2D({ ...small, ...change } as Partial<UNet2DConfig>), message, JSON.stringify(change));
  }
  assert.equal(tf.memory().numTensors, before);
});

test("the heads' width only matters where there is attention", () => {
  const unet = new UNet2D({ ...noAttention, attention_head_dim: 8 });
  assert.ok(!unet.parameters.names.some((name) => name.includes("attention")));
  assert.throws(
    () => new UNet2D({ ...noAttention, add_attention: true, attention_head_dim: 8 }),
    /attention_head_dim = 8/,
  );
});
