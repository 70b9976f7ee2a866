/** The conditional U-Net depends on its context, treats examples apart, and survives its folder. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { UNet2DCondition, type UNet2DConditionConfig } from "../../../src/networks/index.js";
import { atLevel } from "../../../src/networks/unet/unet-condition-config.js";
import { fromDiffusers, toDiffusers } from "../../../src/families/index.js";
import { checkJointGradient, largestDifference, normal } from "../nn/gradient-check.js";

const small: Partial<UNet2DConditionConfig> = {
  in_channels: 1,
  out_channels: 1,
  block_out_channels: [4, 6],
  down_block_types: ["CrossAttnDownBlock2D", "DownBlock2D"],
  up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D"],
  layers_per_block: 1,
  norm_num_groups: 2,
  cross_attention_dim: 3,
  attention_head_dim: 2,
};
const t = tf.tensor1d([10, 700]);

test("gradients of image, context and every parameter, at an odd size; nothing left behind", () => {
  const unet = new UNet2DCondition(small, { seed: 4 });
  checkJointGradient(
    ([x, context]) => unet.apply(x as tf.Tensor4D, t, { context }),
    [normal([2, 5, 3, 1], 1), normal([2, 4, 3], 2)],
    unet.parameters,
  );
});

test("one example is independent of its batch, and depends on its context", () => {
  const unet = new UNet2DCondition(small);
  const [x, context] = [normal([2, 5, 4, 1], 1) as tf.Tensor4D, normal([2, 4, 3], 2) as tf.Tensor3D];
  const first = <T extends tf.Tensor>(v: T): T => tf.slice(v, 0, 1) as T;
  const together = unet.apply(x, t, { context });
  const alone = unet.apply(first(x), first(t), { context: first(context) });
  assert.ok(largestDifference(first(together), alone) < 2e-6);
  const other = unet.apply(first(x), first(t), { context: tf.neg(first(context)) });
  assert.ok(largestDifference(alone, other) > 1e-4);
});

test("a folder brings the network back, by its class", () => {
  const unet = new UNet2DCondition({ ...small, use_linear_projection: true, attention_head_dim: [2, 3] }, { seed: 1 });
  const folder = mkdtempSync(join(tmpdir(), "condition-"));
  try {
    toDiffusers(unet, folder);
    const opened = fromDiffusers(folder);
    assert.ok(opened instanceof UNet2DCondition);
    assert.deepEqual(opened.config, unet.config);
    assert.deepEqual(opened.parameters.toFlat(), unet.parameters.toFlat());
    assert.throws(
      () => fromDiffusers(folder, { expect: "UNet2DModel" }),
      /is of class "UNet2DConditionModel"; what can be opened: UNet2DModel/,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("keys that diffusers hands to other blocks alone change nothing, and are accepted", () => {
  const others = { resnet_out_scale_factor: 2, resnet_skip_time_act: true } as object;
  const [plain, told] = [new UNet2DCondition(small), new UNet2DCondition({ ...small, ...others })];
  assert.deepEqual(told.config, plain.config);
  [plain, told].forEach((one) => one.dispose());
});

test("inputs and configurations that do not fit are refused", () => {
  const unet = new UNet2DCondition(small);
  const x = normal([2, 4, 4, 1], 1) as tf.Tensor4D;
  assert.throws(
    () => unet.apply(x, t, { context: tf.zeros([2, 4, 5]) }),
    /"context" of this U-Net must be float32 \[2, any, 3\], got float32 \[2, 4, 5\]/,
  );
  assert.throws(
    () => unet.apply(x, t, { context: tf.zeros([1, 4, 3]) }),
    /must be float32 \[2, any, 3\], got float32 \[1, 4, 3\]/,
  );
  assert.throws(() => unet.apply(x, t, {}), /needs the condition "context", float32 \[2, any, 3\], got none/);
  const bad: [Record<string, unknown>, RegExp][] = [
    [{ down_block_types: ["AttnDownBlock2D", "DownBlock2D"] }, /down_block_types: unknown "AttnDownBlock2D"/],
    [
      { mid_block_type: "UNetMidBlock2DSimpleCrossAttn" },
      /mid_block_type: unknown "UNetMidBlock2DSimpleCrossAttn", allowed are UNetMidBlock2DCrossAttn, null$/,
    ],
    [{ attention_head_dim: 4 }, /block_out_channels has 6, which attention_head_dim = 4 does not divide/],
    [{ attention_head_dim: [2] }, /attention_head_dim has 1 numbers for 2 block_out_channels/],
    [{ cross_attention_dim: [3, 4] }, /cross_attention_dim must be the same at every level/],
    [{ dual_cross_attention: true }, /does not know dual_cross_attention = true/],
    [{ time_embedding_type: "fourier" }, /does not know time_embedding_type = "fourier"/],
    [{ layers_per_block: [1, 0] }, /layers_per_block must be a positive whole number, got 0/],
    [{ transformer_layers_per_block: 1e9 }, /transformer_layers_per_block must be at most 1000, got 1000000000/],
    [{ in_channels: "3" }, /in_channels must be a number, got "3"/],
    ...["cross_attention_dim", "attention_head_dim", "layers_per_block", "transformer_layers_per_block"].map(
      (key): [Record<string, unknown>, RegExp] => {
        return [{ [key]: null }, new RegExp(`${key} must be a number, or a list of one a level, got null`)];
      },
    ),
  ];
  const before = tf.memory().numTensors;
  for (const [change, message] of bad) {
    assert.throws(() => new UNet2DCondition({ ...small, ...change } as Partial<UNet2DConditionConfig>), message);
  }
  assert.equal(tf.memory().numTensors, before);
});

test("what only attention uses may be anything at levels without", () => {
  const config: Partial<UNet2DConditionConfig> = {
    ...small,
    block_out_channels: [6, 8],
    norm_num_groups: 2,
    down_block_types: ["DownBlock2D", "CrossAttnDownBlock2D"],
    up_block_types: ["CrossAttnUpBlock2D", "UpBlock2D"],
    attention_head_dim: 4,
    transformer_layers_per_block: [0, 2],
  };
  const unet = new UNet2DCondition(config, { seed: 1 });
  assert.equal(
    unet.parameters.names.filter((name) => /^down.*transformer_blocks\.\d\.norm1\.weight$/.test(name)).length,
    2 * atLevel(unet.config.layers_per_block, 1),
  );
  assert.equal(
    unet.parameters.names.some((name) => name.startsWith("down_blocks.0.attentions")),
    false,
  );
  unet.dispose();
});
