/** Every network gives compiled the outputs and gradients that it gives uncompiled. */
import { test } from "node:test";
import {
  AutoencoderKL,
  ClipModel,
  DcganDiscriminator,
  DcganGenerator,
  DigitDetector,
  DiT,
  Glow,
  PointMlp,
  RealNvp,
  UNet2D,
  UNet2DCondition,
  UVit,
  contrastiveLoss,
  type UNet2DConfig,
} from "../../../src/networks/index.js";
import { timeEncodingNames, type Parameters } from "../../../src/nn/index.js";
import { RandomStream } from "../../../src/random/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { assertSame, normals, temporaryCache } from "./support.js";

const cacheFolder = temporaryCache();

/** Output, loss and the norm and direction of all gradients, as a graph and operation by operation. */
function assertNetworkSame(
  parameters: Parameters,
  apply: (inputs: Record<string, tf.Tensor>) => tf.Tensor,
  inputs: Record<string, tf.Tensor>,
): void {
  // Away from the start, where some layers give 0.
  const noise = new RandomStream(1, "moved").normals(parameters.count);
  parameters.assignFlat(parameters.toFlat().map((value, i) => value + 0.1 * noise[i]));
  assertSame(
    (given: Record<string, tf.Tensor>) => {
      const { value, grads } = tf.variableGrads(
        () => tf.mean(tf.square(apply(given))) as tf.Scalar,
        parameters.variables,
      );
      const flat = parameters.variables.map((variable) =>
        tf.reshape(grads[variable.name] ?? tf.zerosLike(variable), [-1]),
      );
      return { output: apply(given), loss: value as tf.Tensor, gradient: tf.concat(flat) as tf.Tensor };
    },
    inputs,
    { cacheFolder, captures: parameters.tensors, tolerance: 2e-5 },
  );
  tf.dispose(inputs);
  parameters.dispose();
}

const image = (...shape: number[]): tf.Tensor => normals(shape);
const times = (): tf.Tensor => tf.tensor1d([10, 700]);
const classes = (): tf.Tensor => tf.tensor1d([2, 0], "int32");

test("UNet2DCondition with cross-attention", () => {
  const unet = new UNet2DCondition({
    in_channels: 1,
    out_channels: 1,
    block_out_channels: [4, 6],
    down_block_types: ["CrossAttnDownBlock2D", "DownBlock2D"],
    up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D"],
    layers_per_block: 1,
    norm_num_groups: 2,
    cross_attention_dim: 3,
    attention_head_dim: 2,
  });
  assertNetworkSame(
    unet.parameters,
    ({ x, t, context }) => unet.apply(x as tf.Tensor4D, t as tf.Tensor1D, { context }),
    { x: image(2, 5, 4, 1), t: times(), context: normals([2, 4, 3], 2) },
  );
});

const unets: Readonly<Record<string, Partial<UNet2DConfig>>> = {
  "positional time": {},
  "Fourier time": { time_embedding_type: "fourier" },
  "learned time": { time_embedding_type: "learned", num_train_timesteps: 1000 },
  "time as scale and shift": { resnet_time_scale_shift: "scale_shift" },
  "downsampling without padding": { downsample_padding: 0 },
  classes: { num_class_embeds: 3 },
};

for (const [name, config] of Object.entries(unets)) {
  test(`UNet2D, ${name}`, () => {
    const unet = new UNet2D({
      in_channels: 1,
      out_channels: 1,
      block_out_channels: [4, 6],
      down_block_types: ["DownBlock2D", "AttnDownBlock2D"],
      up_block_types: ["AttnUpBlock2D", "UpBlock2D"],
      layers_per_block: 1,
      norm_num_groups: 2,
      attention_head_dim: 2,
      ...config,
    });
    const label = config.num_class_embeds ? { label: classes() } : undefined;
    assertNetworkSame(
      unet.parameters,
      ({ x, t, ...condition }) => unet.apply(x as tf.Tensor4D, t as tf.Tensor1D, condition),
      { x: image(2, 6, 4, 1), t: times(), ...label },
    );
  });
}

test("DiT without classes", () => {
  const dit = new DiT({ sample_size: 4, num_layers: 2, num_attention_heads: 2, attention_head_dim: 4 });
  assertNetworkSame(dit.parameters, ({ x, t }) => dit.apply(x as tf.Tensor4D, t as tf.Tensor1D), {
    x: image(2, 4, 4, 1),
    t: times(),
  });
});

test("DiT with classes", () => {
  const dit = new DiT({
    sample_size: 4,
    num_layers: 2,
    num_attention_heads: 2,
    attention_head_dim: 4,
    num_embeds_ada_norm: 3,
  });
  assertNetworkSame(dit.parameters, ({ x, t, label }) => dit.apply(x as tf.Tensor4D, t as tf.Tensor1D, { label }), {
    x: image(2, 4, 4, 1),
    t: times(),
    label: classes(),
  });
});

test("U-ViT with classes and text", () => {
  const options = { num_classes: 3, context_dim: 5, context_tokens: 2 };
  const uvit = new UVit({ image_size: [4, 6], embed_dim: 8, depth: 3, num_heads: 2, mlp_ratio: 2, ...options });
  assertNetworkSame(
    uvit.parameters,
    ({ x, t, label, context }) => uvit.apply(x as tf.Tensor4D, t as tf.Tensor1D, { label, context }),
    { x: image(2, 4, 6, 1), t: times(), label: classes(), context: normals([2, 2, 5], 2) },
  );
});

for (const encoding of timeEncodingNames) {
  test(`PointMlp with classes, time encoding "${encoding}"`, () => {
    const mlp = new PointMlp({ hidden: [16], time_encoding: encoding, num_class_embeds: 3 });
    assertNetworkSame(mlp.parameters, ({ x, t, label }) => mlp.apply(x as tf.Tensor2D, t as tf.Tensor1D, { label }), {
      x: normals([2, 2]),
      t: times(),
      label: classes(),
    });
  });
}

test("Glow and RealNvp, latents and log-determinants", () => {
  const glow = new Glow({ height: 4, width: 4, num_steps: 2, hidden_channels: 3, act_fn: "silu", logit_margin: 0.05 });
  const both = ({ z, logDeterminant }: ReturnType<Glow["forward"]>): tf.Tensor =>
    tf.concat([z, tf.expandDims(logDeterminant, 1)], 1);
  const grey = tf.tidy(() => tf.sigmoid(image(2, 4, 4, 1)));
  assertNetworkSame(glow.parameters, ({ x }) => both(glow.forward(x)), { x: grey });
  const nvp = new RealNvp({ num_couplings: 2, hidden: [4] });
  assertNetworkSame(nvp.parameters, ({ x }) => both(nvp.forward(x)), { x: normals([3, 2]) });
});

test("the players of GANs, with spectral norm and without", () => {
  const shape = { height: 4, width: 6, block_out_channels: [4] };
  const generator = new DcganGenerator({ ...shape, latent_channels: 3, norm_num_groups: 2 });
  assertNetworkSame(generator.parameters, ({ z }) => generator.apply(z as tf.Tensor2D), { z: normals([2, 3]) });
  for (const weight_norm of ["spectral", null] as const) {
    const discriminator = new DcganDiscriminator({ ...shape, weight_norm });
    assertNetworkSame(discriminator.parameters, ({ x }) => discriminator.apply(x), { x: image(2, 4, 6, 1) });
  }
});

test("AutoencoderKL, posterior and image, whole and in tiles", () => {
  const vae = new AutoencoderKL({
    block_out_channels: [4, 6],
    down_block_types: ["DownEncoderBlock2D", "DownEncoderBlock2D"],
    up_block_types: ["UpDecoderBlock2D", "UpDecoderBlock2D"],
    norm_num_groups: 2,
  });
  assertNetworkSame(
    vae.parameters,
    ({ x, noise }) => {
      const posterior = vae.encode(x as tf.Tensor4D);
      const whole = vae.decode(posterior.sample(noise as tf.Tensor4D));
      const tiled = vae.decode(vae.encode(x as tf.Tensor4D, { tiling: 8 }).mean, { tiling: 8, slicing: true });
      const kl = tf.reshape(posterior.kl(), [-1, 1, 1, 1]);
      return tf.add(tf.concat([whole, tiled], 3), kl);
    },
    { x: image(2, 8, 12, 3), noise: image(2, 4, 6, 4) },
  );
});

test("the detector of digits", () => {
  const detector = new DigitDetector({ channels: [8, 8, 8], features: 4 });
  assertNetworkSame(
    detector.parameters,
    ({ x }) =>
      tf.concat(
        Object.values(detector.logits(x as tf.Tensor4D)).map((one) => tf.reshape(one, [1, -1])),
        1,
      ),
    { x: image(1, 32, 32, 3) },
  );
});

test("CLIP, both towers, with its contrastive loss", () => {
  const tower = { hidden_size: 6, intermediate_size: 8, num_attention_heads: 2, num_hidden_layers: 2 };
  const clip = new ClipModel({
    text_config: { ...tower, vocab_size: 9, max_position_embeddings: 5, eos_token_id: 8 },
    vision_config: { ...tower, num_channels: 2, image_size: 4, patch_size: 2 },
    projection_dim: 3,
    logit_scale_init_value: 0,
  });
  assertNetworkSame(
    clip.parameters,
    ({ x, tokens }) => contrastiveLoss(clip.apply(x as tf.Tensor4D, tokens as tf.Tensor2D)),
    { x: image(2, 4, 4, 2), tokens: tf.tensor2d([7, 1, 2, 8, 8, 7, 3, 8, 8, 8], [2, 5], "int32") },
  );
});
