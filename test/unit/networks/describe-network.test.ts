/** A network's description counts every parameter once and the operations that ran. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import {
  describeNetwork,
  DiT,
  PointMlp,
  UNet2D,
  UNet2DCondition,
  UVit,
  type BlockDescription,
  type NetworkDescription,
} from "../../../src/networks/index.js";
import { normal } from "../nn/gradient-check.js";

const unet = new UNet2D({
  in_channels: 2,
  out_channels: 1,
  block_out_channels: [4, 8],
  layers_per_block: 1,
  norm_num_groups: 2,
  attention_head_dim: 4,
  num_class_embeds: 3,
  down_block_types: ["DownBlock2D", "AttnDownBlock2D"],
  up_block_types: ["AttnUpBlock2D", "UpBlock2D"],
});
const [grey, pair] = [1, 2].map((channels) => normal([1, 8, 6, channels], 1) as tf.Tensor4D);
const t = tf.tensor1d([7]);
const label = tf.tensor1d([0], "int32");
const point = normal([1, 2], 1) as tf.Tensor2D;

const text = new UNet2DCondition({
  in_channels: 2,
  out_channels: 2,
  block_out_channels: [4, 8],
  layers_per_block: 1,
  norm_num_groups: 2,
  attention_head_dim: 2,
  cross_attention_dim: 5,
  down_block_types: ["CrossAttnDownBlock2D", "DownBlock2D"],
  up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D"],
});
const words = normal([1, 3, 5], 2) as tf.Tensor3D;
const dit = new DiT({
  num_layers: 2,
  num_attention_heads: 2,
  attention_head_dim: 4,
  num_embeds_ada_norm: 3,
  cross_attention_dim: 5,
});
const uvit = new UVit({ image_size: [8, 6], embed_dim: 8, depth: 5, num_heads: 2, num_classes: 3 });
const mlp = new PointMlp({ hidden: [5, 6], time_channels: 4 });

const all: Record<
  string,
  {
    network: { parameters: { count: number } };
    describe: () => NetworkDescription;
    run: () => tf.Tensor;
    tables: number;
  }
> = {
  unet: {
    network: unet,
    describe: () => describeNetwork(unet, pair, t, { label }),
    run: () => unet.apply(pair, t, { label }),
    tables: 3 * 16,
  },
  text: {
    network: text,
    describe: () => describeNetwork(text, pair, t, { context: words }),
    run: () => text.apply(pair, t, { context: words }),
    tables: 0,
  },
  // each block, and the head once more
  dit: {
    network: dit,
    describe: () => describeNetwork(dit, grey, t, { label, context: words }),
    run: () => dit.apply(grey, t, { label, context: words }),
    tables: 3 * 4 * 8,
  },
  uvit: {
    network: uvit,
    describe: () => describeNetwork(uvit, grey, t, { label }),
    run: () => uvit.apply(grey, t, { label }),
    tables: 3 * 8,
  },
  mlp: {
    network: mlp,
    describe: () => describeNetwork(mlp, point, t),
    run: () => mlp.apply(point, t),
    tables: 0,
  },
};

/** Multiply–adds of every convolution and matrix product that TensorFlow.js runs, from the shapes of its kernels. */
async function kernelMultiplyAdds(run: () => tf.Tensor): Promise<number> {
  const { kernels } = await tf.profile(run);
  return kernels.reduce((sum, { name, inputShapes, outputShapes }) => {
    const out = (outputShapes as number[][])[0].reduce((product, n) => product * n, 1);
    const inputs = Object.values(inputShapes as unknown as number[][]);
    if (name === "Conv2D") return sum + out * inputs[1].slice(0, 3).reduce((product, n) => product * n, 1);
    // A transposed convolution: each value of its input meets the whole kernel [height, width, out, in] but for "in".
    if (name === "Conv2DBackpropInput") {
      const [given, kernel] = inputs.map((shape) => shape.reduce((product, n) => product * n, 1));
      return sum + (given * kernel) / inputs[0][3];
    }
    if (name === "BatchMatMul") {
      // Of [m, k] and [k, n], whichever way they lie: (m·k)·(k·n)/(m·n) = k².
      const [a, b] = inputs.map((shape) => shape.slice(-2).reduce((product, n) => product * n, 1));
      const batch = inputs[0].slice(0, -2).reduce((product, n) => product * n, 1);
      return sum + out * Math.sqrt((a * b) / (out / batch));
    }
    return sum;
  }, 0);
}

const sum = (blocks: readonly BlockDescription[], key: "parameters" | "multiplyAdds"): number => {
  return blocks.reduce((total, block) => total + block[key], 0);
};

for (const [name, { network, describe, run, tables }] of Object.entries(all)) {
  test(`${name}: every parameter belongs to one block, and the cost is that of the kernels that ran`, async () => {
    const before = tf.memory().numTensors;
    const network1 = describe();
    assert.equal(tf.memory().numTensors, before, "tensors left behind");
    assert.equal(network1.parameters, network.parameters.count);
    assert.equal(sum(network1.blocks, "parameters"), network.parameters.count);
    assert.equal(sum(network1.blocks, "multiplyAdds"), network1.multiplyAdds);
    // A table is read, which the kernels do by a one-hot product and nobody counts.
    assert.equal(network1.multiplyAdds, (await kernelMultiplyAdds(() => tf.tidy(run))) - tables);
    for (const { name: block, parameters, multiplyAdds, inner } of network1.blocks) {
      assert.ok(sum(inner, "parameters") <= parameters, block);
      assert.ok(sum(inner, "multiplyAdds") <= multiplyAdds, block);
    }
  });
}

test("a residual block and an attention, counted by hand", () => {
  const { blocks } = all.unet.describe();
  const block = (name: string) => blocks.find((one) => one.name === name)!;
  const resnet = block("up_blocks.1.resnets.0"); // 8 + 4 channels in, 4 out, time vector of 16
  const parts = {
    norm1: 2 * 12,
    conv1: 9 * 12 * 4 + 4,
    time: 16 * 4 + 4,
    norm2: 2 * 4,
    conv2: 9 * 4 * 4 + 4,
    shortcut: 12 * 4 + 4,
  };
  assert.equal(
    resnet.parameters,
    Object.values(parts).reduce((a, b) => a + b),
  );
  assert.equal(resnet.multiplyAdds, 48 * (9 * 12 * 4 + 9 * 4 * 4 + 12 * 4) + 16 * 4);
  assert.deepEqual(resnet.shape, [8, 6, 4]);
  const attention = block("mid_block.attentions.0"); // 4 × 3 pixels, 8 channels
  assert.equal(attention.parameters, 2 * 8 + 4 * (8 * 8 + 8));
  assert.equal(attention.multiplyAdds, 4 * 12 * 8 * 8 + 2 * 12 * 12 * 8);
  assert.deepEqual(attention.shape, [4, 3, 8]);
});

test("the long connections of U-Net and U-ViT", () => {
  const skips = ({ blocks }: NetworkDescription) =>
    blocks.filter((block) => block.skips.length > 0).map(({ name, skips }) => [skips[0], name]);
  assert.deepEqual(skips(all.unet.describe()), [
    ["down_blocks.1.attentions.0", "up_blocks.0.resnets.0"],
    ["down_blocks.0.downsamplers.0", "up_blocks.0.resnets.1"],
    ["down_blocks.0.resnets.0", "up_blocks.1.resnets.0"],
    ["conv_in", "up_blocks.1.resnets.1"],
  ]);
  assert.deepEqual(skips(all.uvit.describe()), [
    ["in_blocks.1", "out_blocks.0"],
    ["in_blocks.0", "out_blocks.1"],
  ]);
  assert.deepEqual(skips(all.dit.describe()), []);
});

test("numbers are for one example, whatever the batch", () => {
  const [images, times, labels] = [pair, t, label].map((one) => tf.concat([one, one, one]));
  const three = describeNetwork(unet, images as tf.Tensor4D, times as tf.Tensor1D, { label: labels });
  assert.deepEqual(three, all.unet.describe());
  assert.deepEqual([three.name, three.input, three.output], ["UNet2D", [8, 6, 2], [8, 6, 1]]);
});

test("numbers that no part used are a block of their own", () => {
  const { blocks } = all.uvit.describe();
  assert.deepEqual(
    blocks.filter(({ kind }) => kind === "parameters").map(({ name, parameters }) => [name, parameters]),
    [["pos_embed", 14 * 8]],
  );
});
