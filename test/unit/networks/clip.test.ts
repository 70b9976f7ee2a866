/** CLIP's networks: published sizes, gradients, what a token can see, pooling, the contrastive loss, and what is refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ClipModel,
  ClipTextModel,
  ClipVisionModel,
  ClipVisionModelWithProjection,
  contrastiveLoss,
  describeNetwork,
  networkClassOf,
  type ClipTextConfig,
  type ClipVisionConfig,
} from "../../../src/networks/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { checkGradients, checkJointGradient, largestDifference, normal } from "../nn/gradient-check.js";

const text: Partial<ClipTextConfig> = {
  vocab_size: 9,
  hidden_size: 6,
  intermediate_size: 8,
  projection_dim: 4,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  max_position_embeddings: 5,
  eos_token_id: 8,
};
const vision: Partial<ClipVisionConfig> = {
  hidden_size: 6,
  intermediate_size: 8,
  projection_dim: 4,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_channels: 2,
  image_size: 4,
  patch_size: 2,
};
const tokens = tf.tensor2d([7, 1, 2, 8, 8, 7, 3, 8, 8, 8], [2, 5], "int32");

/** Numbers of a model of so many equal layers, from two of one and of two layers: nothing larger is allocated. */
function countWith(layers: number, count: (layers: number) => number): number {
  const [one, two] = [count(1), count(2)];
  return one + (layers - 1) * (two - one);
}

const textCount = (config: Partial<ClipTextConfig>) => (num_hidden_layers: number) => {
  const model = new ClipTextModel({ ...config, num_hidden_layers }, { start: "zeros" });
  const { count } = model.parameters;
  model.dispose();
  return count;
};

test("Stable Diffusion's text encoders and OpenAI's CLIP have their published numbers", () => {
  const large = { hidden_size: 768, intermediate_size: 3072, num_attention_heads: 12 };
  const own = countWith(12, textCount(large));
  assert.equal(own, 123_060_480);
  const second = { hidden_size: 1024, intermediate_size: 4096, num_attention_heads: 16, hidden_act: "gelu" } as const;
  assert.equal(countWith(23, textCount(second)), 340_387_840);
  const images = countWith(24, (num_hidden_layers) => {
    const sizes = { hidden_size: 1024, intermediate_size: 4096, num_attention_heads: 16, patch_size: 14 };
    const model = new ClipVisionModel({ ...sizes, num_hidden_layers }, { start: "zeros" });
    const { count } = model.parameters;
    model.dispose();
    return count;
  });
  // ViT-L/14 whole: both towers, both projections, the scale.
  assert.equal(own + images + 768 * 768 + 1024 * 768 + 1, 427_616_513);
});

test("gradients of every parameter of both towers, and of the images; nothing left behind", () => {
  const one = { num_hidden_layers: 1 };
  const model = new ClipTextModel({ ...text, ...one }, { seed: 1 });
  spread(model.parameters);
  checkGradients(
    () =>
      tf.tidy(() => {
        const { hidden, pooled } = model.outputs(tokens);
        return tf.concat([hidden, tf.expandDims(pooled, 1)], 1);
      }),
    [],
    model.parameters,
    { entries: 1 },
  );
  const clip = new ClipModel(
    { text_config: { ...text, ...one }, vision_config: vision, projection_dim: 3 },
    { seed: 1 },
  );
  spread(clip.parameters);
  checkJointGradient(
    ([x]) => tf.tidy(() => contrastiveLoss(clip.apply(x as tf.Tensor4D, tokens))),
    [normal([2, 4, 4, 2], 1)],
    clip.parameters,
  );
});

test("a token sees itself and those before it; a text does not depend on its batch, nor on what follows its end", () => {
  const model = new ClipTextModel(text, { seed: 3 });
  const whole = model.apply(tokens);
  const shorter = model.apply(tf.slice(tokens, [0, 0], [1, 3]));
  assert.ok(largestDifference(shorter, tf.slice(whole, 0, [1, 3, 6])) < 1e-5);
  const other = tf.tensor2d([7, 1, 2, 8, 4], [1, 5], "int32");
  assert.ok(largestDifference(model.outputs(other).pooled, tf.slice(model.outputs(tokens).pooled, 0, [1, 6])) < 1e-5);
  assert.ok(largestDifference(model.apply(other), tf.slice(whole, 0, [1, 5, 6])) > 1e-3);
});

test("clipSkip leaves layers out: with all of them, only embeddings and the norm are left", () => {
  const model = new ClipTextModel(text, { seed: 3 });
  const at = (clipSkip: number) => model.apply(tokens, { clipSkip });
  assert.ok(largestDifference(at(0), model.apply(tokens)) === 0);
  assert.ok(largestDifference(at(1), at(0)) > 1e-3);
  const swapped = tf.tensor2d([1, 7, 2, 8, 8], [1, 5], "int32");
  const last = (x: tf.Tensor) => tf.slice(x, [0, 2, 0], [1, 3, 6]);
  // Without layers no token knows of another.
  assert.ok(largestDifference(last(model.apply(swapped, { clipSkip: 2 })), last(at(2))) === 0);
});

test("the contrastive loss: ln N of equal similarities, 0 of certain ones, both directions by hand", () => {
  const loss = (rows: number[][]) => contrastiveLoss(tf.tensor2d(rows)).dataSync()[0];
  assert.ok(Math.abs(loss(Array.from({ length: 5 }, () => [3, 3, 3, 3, 3])) - Math.log(5)) < 1e-6);
  assert.ok(
    loss([
      [50, 0],
      [0, 50],
    ]) < 1e-6,
  );
  const s = [
    [1, 2],
    [-1, 0.5],
  ];
  const cross = (a: number, b: number) => Math.log(Math.exp(a) + Math.exp(b)) - a;
  const expected = (cross(1, 2) + cross(0.5, -1) + cross(1, -1) + cross(0.5, 2)) / 4;
  assert.ok(Math.abs(loss(s) - expected) < 1e-6);
  assert.throws(() => contrastiveLoss(tf.zeros([2, 3])), /as many images as texts, \[N, N\], got \[2,3\]/);
});

test("similarities are cosines times exp(logit_scale), and images need not be as many as texts", () => {
  const config = { text_config: text, vision_config: vision, projection_dim: 3, logit_scale_init_value: Math.log(5) };
  const clip = new ClipModel(config, { seed: 4 });
  const images = normal([3, 4, 4, 2], 1) as tf.Tensor4D;
  const before = tf.memory().numTensors;
  const similarity = clip.apply(images, tokens);
  assert.equal(tf.memory().numTensors, before + 1);
  assert.deepEqual(similarity.shape, [3, 2]);
  const [a, b] = [clip.embedImages(images).arraySync(), clip.embedTexts(tokens).arraySync()];
  const dot = (u: number[], v: number[]) => u.reduce((sum, x, i) => sum + x * v[i], 0);
  const expected = a.map((u) => b.map((v) => (5 * dot(u, v)) / Math.sqrt(dot(u, u) * dot(v, v))));
  assert.ok(largestDifference(similarity, tf.tensor2d(expected)) < 1e-5);
});

test("a network says its blocks, every number once, and is found in the registry", () => {
  const model = new ClipTextModel(text);
  const description = describeNetwork(model, tokens);
  const sum = description.blocks.reduce((total, { parameters }) => total + parameters, 0);
  assert.equal(sum, model.parameters.count);
  assert.deepEqual(description.output, [5, 6]);
  const { name, library, component } = networkClassOf(model);
  assert.deepEqual([name, library, component], ["CLIPTextModel", "transformers", "text_encoder"]);
  assert.equal(networkClassOf(new ClipVisionModelWithProjection(vision)).component, "image_encoder");
});

test("inputs that do not fit are refused, and say what would", () => {
  const model = new ClipTextModel(text);
  assert.throws(() => model.apply(tf.zeros([1, 5])), /takes tokens as int32 \[N, L\], got float32 \[1,5\]/);
  assert.throws(() => model.apply(tf.zeros([5] as never, "int32")), /int32 \[5\]/);
  assert.throws(() => model.apply(tf.zeros([1, 6], "int32")), /at most 5 tokens, got 6: encode texts with .*length: 5/);
  for (const id of [-1, 9]) {
    assert.throws(() => model.apply(tf.tensor2d([id], [1, 1], "int32")), new RegExp(`token ${id} is none of the 9`));
  }
  for (const clipSkip of [-1, 3, 0.5, NaN]) {
    assert.throws(() => model.apply(tokens, { clipSkip }), /clipSkip must be a whole number of the 2 layers/);
  }
  assert.throws(() => model.outputs(tokens, { clip_skip: 1 } as never), /clipSkip/);
  const image = new ClipVisionModel(vision);
  assert.throws(() => image.apply(tf.zeros([1, 6, 6, 2])), /takes images \[N, 4, 4, 2\], got \[1,6,6,2\]: resize/);
});

test("configurations that no CLIP has are refused by their key; what transformers adds is let pass", () => {
  const bad: [Record<string, unknown>, RegExp][] = [
    [{ vocab_size: 0 }, /vocab_size must be a positive whole number/],
    [{ hidden_size: 7 }, /hidden_size must be a multiple of num_attention_heads = 2, got 7/],
    [{ hidden_act: "gelu_new" }, /hidden_act: unknown "gelu_new", allowed are/],
    [{ num_hidden_layers: 1e9 }, /num_hidden_layers must be at most/],
    [{ layer_norm_eps: 0 }, /layer_norm_eps must be a positive number/],
    [{ eos_token_id: [2, 3] }, /eos_token_id must be the number of one token/],
    [{ is_decoder: true }, /does not know is_decoder = true/],
    [{ hidden_sizes: 8 }, /does not know hidden_sizes/],
  ];
  for (const [keys, message] of bad) assert.throws(() => new ClipTextModel({ ...text, ...keys }), message);
  assert.throws(() => new ClipVisionModel({ ...vision, patch_size: 5 }), /patch_size 5 is larger than image_size 4/);
  assert.throws(() => new ClipVisionModel({ ...vision, image_size: [4, 4] as never }), /image_size must be a positive/);
  assert.throws(() => new ClipModel({ projection_dim: 0 }), /projection_dim/);
  const former = { ...text, dropout: 0, bos_token_id: 0, torch_dtype: "float32", architectures: ["CLIPTextModel"] };
  assert.deepEqual(new ClipTextModel(former).config, new ClipTextModel(text).config);
});

test("a tower that a published file repeats under another name is the one that is meant", () => {
  const config = { text_config: { vocab_size: 3 }, text_config_dict: text, vision_config: vision, projection_dim: 3 };
  const clip = new ClipModel(config as never);
  assert.equal(clip.config.text_config.vocab_size, 9);
});

/** Away from the start, where layers of width 6 hardly differ. */
function spread(parameters: ClipModel["parameters"]): void {
  for (const { variable } of parameters) {
    variable.assign(tf.add(variable, tf.mul(normal(variable.shape as number[], variable.size), 0.3)));
  }
}
