/** Every network of the library, small, as it is exported for check.py: weights, inputs, outputs and the file's hash. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  AutoencoderKL,
  Classifier,
  ClipModel,
  ClipTextModel,
  ClipTextModelWithProjection,
  ClipVisionModel,
  ClipVisionModelWithProjection,
  ConvVae,
  DcganDiscriminator,
  DcganGenerator,
  DigitDetector,
  DiT,
  Glow,
  MlpDiscriminator,
  MlpGenerator,
  MlpVae,
  PointMlp,
  RealNvp,
  UNet2D,
  UNet2DCondition,
  UVit,
  type UNet2DConfig,
} from "../../../src/networks/index.js";
import type { StoredNetwork } from "../../../src/networks/registry.js";
import { timeEncodingNames } from "../../../src/nn/index.js";
import { networkFunction } from "../../../src/onnx/network-function.js";
import type { OnnxOptions } from "../../../src/onnx/index.js";
import { RandomStream } from "../../../src/random/index.js";
import { loadNetwork } from "../../../src/families/index.js";
import * as tf from "../../../src/runtime/tf.js";

export interface OnnxCase {
  readonly network: StoredNetwork;
  readonly options?: OnnxOptions;
  /** Whole numbers of an input lie below this. */
  readonly below?: number;
  /** Whether the network's numbers lie between 0 and 1. */
  readonly unit?: boolean;
}

const small = { in_channels: 1, out_channels: 1, block_out_channels: [4, 6], layers_per_block: 1, norm_num_groups: 2 };
const tower = { hidden_size: 6, intermediate_size: 8, num_attention_heads: 2, num_hidden_layers: 2 };
const text = { ...tower, vocab_size: 9, max_position_embeddings: 5, eos_token_id: 8 };
const vision = { ...tower, num_channels: 2, image_size: 4, patch_size: 2 };
const latent = {
  block_out_channels: [4, 6],
  down_block_types: ["DownEncoderBlock2D", "DownEncoderBlock2D"],
  up_block_types: ["UpDecoderBlock2D", "UpDecoderBlock2D"],
  norm_num_groups: 2,
} as const;

const unet = (config: Partial<UNet2DConfig>): UNet2D =>
  new UNet2D({
    ...small,
    sample_size: [6, 8],
    down_block_types: ["DownBlock2D", "AttnDownBlock2D"],
    up_block_types: ["AttnUpBlock2D", "UpBlock2D"],
    attention_head_dim: 2,
    ...config,
  });

const conditionUnet = (size: [number, number]): UNet2DCondition =>
  new UNet2DCondition({
    ...small,
    sample_size: size,
    down_block_types: ["CrossAttnDownBlock2D", "DownBlock2D"],
    up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D"],
    cross_attention_dim: 3,
    attention_head_dim: 2,
  });

const dit = { sample_size: 4, num_layers: 2, num_attention_heads: 2, attention_head_dim: 4 };
const glow = { height: 4, width: 4, num_steps: 2, hidden_channels: 3, act_fn: "silu", logit_margin: 0.05 } as const;
const dcgan = { height: 4, width: 6, block_out_channels: [4] };

/** Each is built when it is asked for. */
export const cases: Readonly<Record<string, () => OnnxCase>> = {
  "unet with classes": () => ({ network: unet({ num_class_embeds: 3 }), below: 3 }),
  "unet, Fourier time": () => ({ network: unet({ time_embedding_type: "fourier" }) }),
  "unet, learned time": () => ({ network: unet({ time_embedding_type: "learned", num_train_timesteps: 1000 }) }),
  "unet, time as scale and shift": () => ({ network: unet({ resnet_time_scale_shift: "scale_shift" }) }),
  "unet, downsampling without padding": () => ({ network: unet({ downsample_padding: 0 }) }),
  "unet, odd sides": () => ({ network: unet({ sample_size: [5, 7], in_channels: 3, out_channels: 3 }) }),
  "unet with text": () => ({ network: conditionUnet([4, 4]), options: { words: 5 } }),
  "unet with text, odd sides": () => ({ network: conditionUnet([5, 4]), options: { words: 5 } }),
  dit: () => ({ network: new DiT(dit) }),
  "dit with classes": () => ({ network: new DiT({ ...dit, num_embeds_ada_norm: 3 }), below: 3 }),
  "dit with text": () => ({ network: new DiT({ ...dit, cross_attention_dim: 3 }), options: { words: 5 } }),
  "uvit with classes and text": () => ({
    network: new UVit({
      image_size: [4, 6],
      embed_dim: 8,
      depth: 3,
      num_heads: 2,
      mlp_ratio: 2,
      num_classes: 3,
      context_dim: 5,
      context_tokens: 2,
    }),
    below: 3,
  }),
  ...Object.fromEntries(
    timeEncodingNames.map((time_encoding) => [
      `mlp, time ${time_encoding}`,
      () => ({ network: new PointMlp({ hidden: [16, 16], time_encoding, num_class_embeds: 3 }), below: 3 }),
    ]),
  ),
  "autoencoder, decoder": () => ({ network: new AutoencoderKL({ ...latent, sample_size: 8 }) }),
  "autoencoder, encoder": () => ({
    network: new AutoencoderKL(latent),
    options: { part: "encoder", shape: [8, 12, 3] },
  }),
  "vae of images, decoder": () => ({ network: new ConvVae({ height: 8, width: 6 }) }),
  "vae of images, encoder": () => ({ network: new ConvVae({ height: 8, width: 6 }), options: { part: "encoder" } }),
  "vae of points, decoder": () => ({ network: new MlpVae({ hidden: [8] }) }),
  "vae of points, encoder": () => ({ network: new MlpVae({ hidden: [8] }), options: { part: "encoder" } }),
  "clip, text": () => ({ network: new ClipTextModel(text), below: 9 }),
  "clip, text with projection": () => ({
    network: new ClipTextModelWithProjection({ ...text, projection_dim: 3 }),
    below: 9,
  }),
  "clip, vision": () => ({ network: new ClipVisionModel(vision) }),
  "clip, vision with projection": () => ({
    network: new ClipVisionModelWithProjection({ ...vision, projection_dim: 3 }),
  }),
  "clip, both": () => ({
    network: new ClipModel({ text_config: text, vision_config: vision, projection_dim: 3 }),
    below: 9,
  }),
  classifier: () => ({ network: new Classifier({ height: 8, width: 8 }) }),
  "detector of digits": () => ({ network: new DigitDetector({ channels: [8, 8, 8], features: 4 }) }),
  "glow, inverse": () => ({ network: new Glow(glow) }),
  "glow, forward": () => ({ network: new Glow(glow), options: { part: "forward" }, unit: true }),
  "real nvp, inverse": () => ({ network: new RealNvp({ num_couplings: 2, hidden: [4] }) }),
  "real nvp, forward": () => ({
    network: new RealNvp({ num_couplings: 2, hidden: [4] }),
    options: { part: "forward" },
  }),
  "dcgan, generator": () => ({ network: new DcganGenerator({ ...dcgan, latent_channels: 3, norm_num_groups: 2 }) }),
  "dcgan, discriminator": () => ({ network: new DcganDiscriminator({ ...dcgan, weight_norm: null }) }),
  "dcgan, discriminator with spectral norm": () => ({
    network: new DcganDiscriminator({ ...dcgan, weight_norm: "spectral" }),
  }),
  "gan of points, generator": () => ({ network: new MlpGenerator({ hidden: [8] }) }),
  "gan of points, discriminator": () => ({ network: new MlpDiscriminator({ hidden: [8] }) }),
  "assets/mnist-unet": () => ({ network: loadNetwork("assets/mnist-unet/unet"), below: 11 }),
};

/** The network of a case, moved away from its start, where some layers give 0, unless it is a trained one. */
export function networkOf(name: string): OnnxCase {
  const found = cases[name]();
  const { parameters } = found.network;
  if (name.startsWith("assets/")) return found;
  const noise = new RandomStream(1, "moved").normals(parameters.count);
  parameters.assignFlat(parameters.toFlat().map((value, i) => value + 0.1 * noise[i]));
  return found;
}

/** Inputs of so many examples, by name. */
export function inputsOf({ network, options, below = 1, unit }: OnnxCase, batch: number): Record<string, tf.Tensor> {
  const { inputs } = networkFunction(network, options);
  const draw = (name: string, shape: readonly number[], dtype: tf.DataType): tf.Tensor => {
    const stream = new RandomStream(2, name, batch);
    const size = shape.reduce((product, n) => product * n, batch);
    const values = stream.normals(size);
    const full = [batch, ...shape];
    if (name === "timestep")
      return tf.tensor(
        values.map((value) => 1 + Math.min(990, Math.abs(300 * value))),
        full,
      );
    if (dtype === "int32")
      return tf.tensor(
        Int32Array.from(values, (value) => Math.floor(Math.abs(value) * 97) % below),
        full,
        "int32",
      );
    return tf.tensor(unit ? values.map((value) => 1 / (1 + Math.exp(-value))) : values, full);
  };
  return Object.fromEntries(Object.entries(inputs).map(([name, { shape, dtype }]) => [name, draw(name, shape, dtype)]));
}

export function sha256(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
