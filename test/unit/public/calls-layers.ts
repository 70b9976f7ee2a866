/** Valid calls of layers and networks that take no options, and of their methods. */
import * as tf from "../../../src/runtime/tf.js";
import {
  ActNorm,
  AffineCoupling,
  AutoencoderKL,
  Classifier,
  ClipModel,
  ClipTextModelWithProjection,
  ClipVisionModel,
  ClipVisionModelWithProjection,
  Conv2d,
  ConvTranspose2d,
  ConvVae,
  DcganDiscriminator,
  DcganGenerator,
  Dense,
  DigitDetector,
  DiT,
  Downsample,
  Dropout,
  dropoutSites,
  Embedding,
  FeedForward,
  Glow,
  GroupNorm,
  InvertibleConvolution,
  labelInput,
  LayerNorm,
  MlpDiscriminator,
  MlpGenerator,
  MlpVae,
  MultiHeadAttention,
  Parameters,
  PatchEmbedding,
  PixelAttention,
  PointMlp,
  probe,
  RealNvp,
  ResnetBlock,
  saveParameters,
  SafetensorsFile,
  SpatialTransformer,
  TimeEmbedding,
  TimeEncoding,
  TokenEmbedding,
  TransformerBlock,
  Upsample,
  UVit,
  type DropoutSite,
} from "../../../src/index.js";
import { images, network, scope, times, z, type Calls } from "./things.js";
import { tinyParts } from "../families/latent/tiny.js";

const map = tf.zeros([2, 4, 4, 4]) as tf.Tensor4D;
const rows = tf.zeros([2, 3, 4]) as tf.Tensor3D;
const pair = tf.zeros([2, 2]) as tf.Tensor2D;
const row = tf.zeros([2, 4]) as tf.Tensor2D;
const ids = tf.zeros([1, 3], "int32");
const one = tf.slice(images, 0, 1);
const first = tf.tensor1d([3]);
const zeros = { kind: "constant", value: 0 } as const;

const tiny = { height: 8, width: 8, in_channels: 1 };
const classifier = { ...tiny, channels: [8, 8, 8], features: 4, classes: 3 } as const;
const detector = { channels: [8, 8, 8], features: 4 } as const;
const transformer = { sample_size: 8, num_layers: 1, num_attention_heads: 1, attention_head_dim: 8, patch_size: 4 };
const dit = { ...transformer, in_channels: 1, num_embeds_ada_norm: 3 };
const uvit = { image_size: [8, 8], patch_size: 4, embed_dim: 8, depth: 1, num_heads: 2 } as const;
const convVae = { ...tiny, block_out_channels: [8], hidden_channels: 8, latent_channels: 2 };
const glow = { ...tiny, num_levels: 1, num_steps: 1, hidden_channels: 4 };
const nvp = { dimensions: 2, num_couplings: 2, hidden: [4] };
const image = { height: 8, width: 8, block_out_channels: [4] };
const critic = { dimensions: 2, hidden: [4] };
const generator = { dimensions: 2, latent_channels: 2, hidden: [4] };
const autoencoder = { in_channels: 1, out_channels: 1, block_out_channels: [4], norm_num_groups: 2 };
const latent = new AutoencoderKL({ ...autoencoder, latent_channels: 4 });
const tower = { hidden_size: 4, intermediate_size: 4, num_hidden_layers: 1, num_attention_heads: 1 };
const text = { ...tower, vocab_size: 5, max_position_embeddings: 3 };
const vision = { ...tower, num_channels: 1, image_size: 8, patch_size: 4 };
const clip = new ClipModel({ text_config: text, vision_config: vision, projection_dim: 2 });
const { unet } = tinyParts();

const coupling = new AffineCoupling((x: tf.Tensor) => tf.zeros([x.shape[0], 2]), { channels: 2 });
const conv = new Conv2d(scope(), { inputs: 4, outputs: 4, kernel: 3 });
const spatial = { channels: 4, heads: 2, contextChannels: 4, layers: 1, groups: 2 };
const masked = dropoutSites((masks) => new Dropout("site", 0.5).apply(z, masks)) as ReadonlyMap<string, DropoutSite>;
const probed = probe(() => network.apply(one as tf.Tensor4D, first));
const view = () => {
  const made = new Parameters();
  made.scope("layer").create("weight", "plain", [2], zeros);
  return made;
};
const written = () => {
  saveParameters("read.safetensors", view());
  return "read.safetensors";
};

const layers: Calls = {
  ActNorm: () => [scope(), 2],
  "ActNorm.initialise": () => [new ActNorm(scope(), 2), pair],
  "ActNorm.forward": () => [new ActNorm(scope(), 2), pair],
  "ActNorm.inverse": () => [new ActNorm(scope(), 2), pair],
  "AffineCoupling.forward": () => [coupling, pair],
  "AffineCoupling.inverse": () => [coupling, pair],
  InvertibleConvolution: () => [scope(), 4],
  "InvertibleConvolution.forward": () => [new InvertibleConvolution(scope(), 4), map],
  "InvertibleConvolution.inverse": () => [new InvertibleConvolution(scope(), 4), map],
  Downsample: () => [scope(), { channels: 4, padding: 1 }],
  Upsample: () => [scope(), { channels: 4 }],
  Dropout: () => ["site", 0.5],
  "Conv2d.apply": () => [conv, map],
  "Conv2d.applyDoubled": () => [conv, map],
  "ConvTranspose2d.apply": () => [new ConvTranspose2d(scope(), { inputs: 4, outputs: 2 }), map],
  "Dense.apply": () => [new Dense(scope(), { inputs: 2, outputs: 2 }), pair],
  "Downsample.apply": () => [new Downsample(scope(), { channels: 4, padding: 1 }), map],
  "Dropout.apply": () => [new Dropout("site", 0.5), z],
  "Embedding.apply": () => [new Embedding(scope(), { count: 3, channels: 4 }), tf.tensor1d([0, 1], "int32")],
  "FeedForward.apply": () => [new FeedForward(scope(), { channels: 4 }), rows],
  "GroupNorm.apply": () => [new GroupNorm(scope(), { channels: 4, groups: 2 }), map],
  "LayerNorm.apply": () => [new LayerNorm(scope(), { channels: 4 }), rows],
  "MultiHeadAttention.apply": () => [new MultiHeadAttention(scope(), { channels: 4, heads: 2 }), rows],
  "PatchEmbedding.apply": () => [new PatchEmbedding(scope(), { patch: 2, inputs: 4, outputs: 4 }), map],
  "PixelAttention.apply": () => [new PixelAttention(scope(), { channels: 4, heads: 2, groups: 2 }), map],
  "ResnetBlock.apply": () => [
    new ResnetBlock(scope(), { inputs: 4, outputs: 4, timeChannels: 4, groups: 2 }),
    map,
    row,
  ],
  "SpatialTransformer.apply": () => [new SpatialTransformer(scope(), spatial), map, rows],
  "TimeEmbedding.apply": () => [new TimeEmbedding(scope(), { inputs: 4, outputs: 4 }), row],
  "TimeEncoding.apply": () => [new TimeEncoding(scope(), { kind: "sin-cos", dimensions: 4, steps: 20 }), times],
  "TokenEmbedding.apply": () => [new TokenEmbedding(scope(), { count: 3, channels: 4 }), ids],
  "TransformerBlock.apply": () => [new TransformerBlock(scope(), { channels: 4, heads: 2 }), rows],
  "Upsample.apply": () => [new Upsample(scope(), { channels: 4 }), map],
  drawMasks: () => [masked, { seed: 0, step: 1 }],
  dropoutSites: () => [() => z],
  activation: () => ["silu"],
  ...Object.fromEntries(
    ["gelu", "geluTanh", "mish", "quickGelu", "silu", "stopGradient"].map((name) => [name, () => [z]]),
  ),
  leakyRelu: () => [z, 0.2],
  causalMask: () => [3],
  gridEmbedding: () => [{ height: 2, width: 2, channels: 8, base: 2 }],
  toPatches: () => [map, 2],
  fromPatches: () => [tf.zeros([2, 4, 16]), { rows: 2, columns: 2, patch: 2 }],
  modulate: () => [rows, row, row],
  part: () => ["part", "layer", () => z],
  countMultiplyAdds: () => [3],
  lookAtWeights: () => [() => z],
  "Probe.get": () => [probed, [...probed.all()][0].name],
  fanInUniform: () => [3],
  normalStart: () => [0.02],
  torchStart: () => [2, 3],
  xavierStart: () => [2, 3],
  zeroStart: () => [2, 3],
  labelInput: () => [3],
  tokensInput: () => [4, 3],
  conditionPlan: () => [{ label: labelInput(3) }],
  requireCondition: () => ["network", { label: labelInput(3) }, 2, { label: tf.tensor1d([0, 1], "int32") }],
};

const parameters: Calls = {
  ParameterScope: () => [view(), "layer2"],
  "ParameterScope.scope": () => [scope(), "part"],
  "ParameterScope.create": () => [scope(), "weight", "plain", [2], zeros],
  "ParameterScope.createConstant": () => [scope(), "weight", [2], zeros],
  "ParameterScope.createBuffer": () => [scope(), "weight", [2], zeros],
  "Parameters.scope": () => [view(), "part"],
  "Parameters.create": () => [view(), "weight", "plain", [2], zeros],
  "Parameters.createConstant": () => [view(), "weight", [2], zeros],
  "Parameters.createBuffer": () => [view(), "weight", [2], zeros],
  "Parameters.get": () => [view(), "layer.weight"],
  "Parameters.has": () => [view(), "layer.weight"],
  "Parameters.assignFlat": () => [view(), new Float32Array(2)],
  loadParameters: () => [written(), view()],
  streamParameters: () => [new SafetensorsFile(written()), view()],
};

const networks: Calls = {
  "UNet2D.apply": () => [network, one, first],
  UNet2DCondition: () => [unet.config, { seed: 1 }],
  "UNet2DCondition.apply": () => [unet, tf.zeros([1, 4, 4, 4]), first, { context: tf.zeros([1, 3, 8]) }],
  unet2dConfig: () => [network.config],
  unet2dConditionConfig: () => [unet.config],
  Classifier: () => [classifier],
  "Classifier.features": () => [new Classifier(classifier), images],
  "Classifier.logits": () => [new Classifier(classifier), images],
  "Classifier.classify": () => [new Classifier(classifier), images],
  DigitDetector: () => [detector],
  "DigitDetector.logits": () => [new DigitDetector(detector), tf.zeros([1, 32, 32, 3])],
  DiT: () => [dit],
  "DiT.apply": () => [new DiT(dit), one, first, { label: tf.tensor1d([0], "int32") }],
  UVit: () => [uvit],
  "UVit.apply": () => [new UVit(uvit), one, first],
  PointMlp: () => [{ hidden: [4] }],
  "PointMlp.apply": () => [new PointMlp({ hidden: [4] }), z, times],
  AutoencoderKL: () => [autoencoder],
  "AutoencoderKL.apply": () => [latent, images],
  "AutoencoderKL.scaleLatents": () => [latent, map],
  "AutoencoderKL.unscaleLatents": () => [latent, map],
  ConvVae: () => [convVae],
  "ConvVae.encode": () => [new ConvVae(convVae), images],
  "ConvVae.decode": () => [new ConvVae(convVae), pair],
  MlpVae: () => [{ hidden: [4] }],
  "MlpVae.encode": () => [new MlpVae({ hidden: [4] }), z],
  "MlpVae.decode": () => [new MlpVae({ hidden: [4] }), pair],
  latentKl: () => [{ mean: pair, logVariance: pair }],
  reparameterise: () => [{ mean: pair, logVariance: pair }, pair],
  Glow: () => [glow],
  "Glow.initialise": () => [new Glow(glow), images],
  "Glow.forward": () => [new Glow(glow), images],
  "Glow.inverse": () => [new Glow(glow), tf.zeros([1, 64])],
  RealNvp: () => [nvp],
  "RealNvp.initialise": () => [new RealNvp(nvp), z],
  "RealNvp.forward": () => [new RealNvp(nvp), z],
  "RealNvp.inverse": () => [new RealNvp(nvp), z],
  DcganDiscriminator: () => [{ ...image, in_channels: 1 }],
  "DcganDiscriminator.apply": () => [new DcganDiscriminator({ ...image, in_channels: 1 }), images],
  DcganGenerator: () => [{ ...image, latent_channels: 2, norm_num_groups: 2 }],
  "DcganGenerator.apply": () => [new DcganGenerator({ ...image, latent_channels: 2, norm_num_groups: 2 }), pair],
  MlpDiscriminator: () => [critic],
  "MlpDiscriminator.apply": () => [new MlpDiscriminator(critic), z],
  MlpGenerator: () => [generator],
  "MlpGenerator.apply": () => [new MlpGenerator(generator), pair],
  ClipTextModel: () => [text],
  ClipTextModelWithProjection: () => [{ ...text, projection_dim: 2 }],
  "ClipTextModelWithProjection.apply": () => [new ClipTextModelWithProjection({ ...text, projection_dim: 2 }), ids],
  ClipVisionModel: () => [vision],
  "ClipVisionModel.apply": () => [new ClipVisionModel(vision), one],
  "ClipVisionModel.outputs": () => [new ClipVisionModel(vision), one],
  ClipVisionModelWithProjection: () => [{ ...vision, projection_dim: 2 }],
  "ClipVisionModelWithProjection.apply": () => [
    new ClipVisionModelWithProjection({ ...vision, projection_dim: 2 }),
    one,
  ],
  "ClipVisionModelWithProjection.outputs": () => [
    new ClipVisionModelWithProjection({ ...vision, projection_dim: 2 }),
    one,
  ],
  ClipModel: () => [{ text_config: text, vision_config: vision, projection_dim: 2 }],
  "ClipModel.apply": () => [clip, one, ids],
  "ClipModel.embedImages": () => [clip, one],
  "ClipModel.embedTexts": () => [clip, ids],
  contrastiveLoss: () => [pair],
  networkClassNamed: () => ["UNet2DModel", "config.json"],
  networkClassOf: () => [network],
  describeNetwork: () => [network, one, first],
};

export const calls: Calls = { ...layers, ...parameters, ...networks };
