/** Valid calls of what networks are made of, and of training, families and folders. Files go to the working folder. */
import * as tf from "../../../src/runtime/tf.js";
import {
  AutoencoderKL,
  AutoencoderModel,
  CaptionedDigits,
  Classifier,
  ClipModel,
  ClipTextModel,
  ClipTextModelWithProjection,
  ConvVae,
  DigitDetector,
  Parameters,
  RealNvp,
  samplerNamed,
  plainSpread,
  Trainer,
  trainTokenizer,
  saveLatent,
  VaeModel,
  zeros,
  type StoredLatentParts,
} from "../../../src/index.js";
import {
  GanModel,
  MlpDiscriminator,
  MlpGenerator,
  NormalisingFlowModel,
  diffusionModel,
  picturesOf,
  saveNetwork,
  saveDiffusionModel,
} from "../../../src/index.js";
import { images, network, path, scope, task, times, type Calls } from "./things.js";
import { tinyModel, tinyParts } from "../families/latent/tiny.js";

const small = { height: 8, width: 8, in_channels: 1 };
const vae = new ConvVae({ ...small, block_out_channels: [8], hidden_channels: 8, latent_channels: 2 });
const detector = new DigitDetector({ channels: [8, 8, 8], features: 4 });
const grey = { in_channels: 1, out_channels: 1 };
const autoencoder = new AutoencoderKL({ ...grey, block_out_channels: [4], norm_num_groups: 2 });
const greys = picturesOf(new Float32Array(2 * 64), [8, 8, 1]);
const classifier = new Classifier({ ...small, channels: [8, 8, 8], features: 4, classes: 3 });
const generator = new MlpGenerator({ dimensions: 2, latent_channels: 2, hidden: [4] });
const discriminator = new MlpDiscriminator({ dimensions: 2, hidden: [4] });
const flow = new RealNvp({ dimensions: 2, num_couplings: 2, hidden: [4] });
const shape = [8, 8, 1];
const parts = { network, path, config: { prediction: "noise", shape } } as const;
const model = diffusionModel(parts);
const data = new Float32Array(4 * 64);
const parameters = () => {
  const made = new Parameters();
  made.scope("layer").create("weight", "plain", [2], zeros);
  return made;
};
const queries = tf.zeros([2, 2, 3, 4]);
const opened =
  <T>(save: () => void, call: readonly T[]) =>
  () => {
    save();
    return call;
  };

/** Of one text and one picture. */
const tower = { hidden_size: 4, intermediate_size: 4, num_hidden_layers: 1, num_attention_heads: 1 };
const text = { ...tower, vocab_size: 5, max_position_embeddings: 3 };
const textModel = new ClipTextModel(text);
const projected = new ClipTextModelWithProjection({ ...text, projection_dim: 2 });
const tokens = tf.zeros([1, 3], "int32");
const tokenizer = trainTokenizer(["a"], { size: 514, length: 3 });
const clip = new ClipModel({
  text_config: { ...text, vocab_size: 514 },
  vision_config: { ...tower, num_channels: 1, image_size: 4, patch_size: 2 },
  projection_dim: 2,
});
const textOfLatents = new ClipTextModel({ ...text, hidden_size: 8, vocab_size: 514 });
const pipeline = (): StoredLatentParts => ({ ...tinyParts(), textEncoder: textOfLatents, tokenizer });
const pixels = new Float32Array(2 * 16);

export const calls: Calls = {
  ClipTask: () => [{ clip, images: pixels, tokens: new Int32Array(6), batchSize: 2 }],
  retrieval: () => [clip, { images: pixels, tokens: new Int32Array(6) }, { batchSize: 1 }],
  saveClip: () => ["clip", { clip, tokenizer, spread: plainSpread(1) }, { format: "F16" }],
  PatchEmbedding: () => [scope(), { patch: 2, inputs: 1, outputs: 4, bias: false }],
  TokenEmbedding: () => [scope(), { count: 3, channels: 4 }],
  "ClipTextModel.apply": () => [textModel, tokens, { clipSkip: 1 }],
  "ClipTextModel.outputs": () => [textModel, tokens, { clipSkip: 1 }],
  "ClipTextModelWithProjection.outputs": () => [projected, tokens, { clipSkip: 1 }],
  Parameters: () => [{ seed: 1 }],
  UNet2D: () => [network.config, { seed: 1 }],
  "AutoencoderKL.encode": () => [autoencoder, images, { slicing: true }],
  "AutoencoderKL.decode": () => [autoencoder, tf.zeros([2, 8, 8, 4]), { tiling: 16 }],
  Dense: () => [scope(), { inputs: 2, outputs: 2 }],
  Conv2d: () => [scope(), { inputs: 2, outputs: 2, kernel: 3 }],
  ConvTranspose2d: () => [scope(), { inputs: 2, outputs: 2 }],
  GroupNorm: () => [scope(), { channels: 4, groups: 2 }],
  LayerNorm: () => [scope(), { channels: 4 }],
  Embedding: () => [scope(), { count: 3, channels: 4 }],
  FeedForward: () => [scope(), { channels: 4 }],
  MultiHeadAttention: () => [scope(), { channels: 4, heads: 2 }],
  PixelAttention: () => [scope(), { channels: 4, heads: 2, groups: 2 }],
  TransformerBlock: () => [scope(), { channels: 4, heads: 2 }],
  SpatialTransformer: () => [scope(), { channels: 4, heads: 2, contextChannels: 3, layers: 1, groups: 2 }],
  ResnetBlock: () => [scope(), { inputs: 4, outputs: 4, timeChannels: 4, groups: 2 }],
  TimeEmbedding: () => [scope(), { inputs: 4, outputs: 4 }],
  TimeEncoding: () => [scope(), { kind: "sin-cos", dimensions: 4, steps: 20 }],
  sinusoidalEmbedding: () => [times, { dimensions: 4 }],
  scaledDotProductAttention: () => [queries, queries, queries, { maxScores: 100 }],
  probe: () => [() => network.apply(images, tf.tensor1d([1, 2, 3, 4])), {}],
  saveParameters: () => ["parameters.safetensors", parameters(), { format: "F32" }],
  saveShardedParameters: () => ["sharded.safetensors", parameters(), { maxBytes: 1000 }],
  fieldExtent: () => [tf.ones([8, 8]), { threshold: 0.1 }],
  receptiveField: () => [tf.abs, tf.slice(images, 0, 1), {}],
  AffineCoupling: () => [() => times, { channels: 2 }],
  compile: () => [({ x }: { x: tf.Tensor }) => tf.neg(x), { name: "minus" }],
  toOnnx: () => [discriminator, "model.onnx", { layout: "nchw" }],
  writeSafetensors: () => ["one.safetensors", [["a", { shape: [1], values: new Float32Array(1) }]], {}],
  writeShardedSafetensors: () => [
    "several.safetensors",
    [["a", { shape: [1], values: new Float32Array(1) }]],
    { maxBytes: 1000 },
  ],

  learningRateAt: () => [{ peak: 1, warmup: 2 }, 1],
  adamW: () => [{ weightDecay: 0.1 }],
  adam: () => [{ beta1: 0.9 }],
  sgd: () => [{ momentum: 0.9 }],
  Trainer: () => [task, { learningRate: 1e-3 }],
  TrainingStep: () => [task, { learningRate: 1e-3 }],
  "Trainer.run": () => [new Trainer(task), 1, { onStep: () => undefined }],
  DiffusionTask: () => [{ network, path, data, shape }],
  AutoencoderTask: () => [{ network: autoencoder, pictures: greys, batchSize: 2 }],
  latentSize: () => [autoencoder, greys, { count: 2 }],
  VaeTask: () => [{ network: vae, data, batchSize: 4 }],
  ClassificationTask: () => [{ classifier, images: data, labels: new Uint8Array(4), batchSize: 4 }],
  DetectionTask: () => [{ detector, data: [new CaptionedDigits({ split: "heldOut" })], batchSize: 2 }],
  NormalisingFlowTask: () => [{ network: flow, data: new Float32Array(8), batchSize: 2 }],
  GanTask: () => [{ generator, discriminator, data: new Float32Array(8), batchSize: 2 }],
  r1Penalty: () => [{ gamma: 1 }],
  gradientPenalty: () => [{ weight: 1 }],
  "GanModel.draw": () => [new GanModel({ generator }), { count: 1 }],
  "GanModel.describe": () => [new GanModel({ generator }), { count: 1 }],
  saveGan: () => ["gan", { generator }, { format: "F32" }],
  labelColumn: () => [new Uint8Array(4), { none: 3 }],
  contextColumn: () => [new Float32Array(8), [2, 1], {}],
  simpleObjective: () => [{ prediction: "noise" }],
  hybridObjective: () => [path, { prediction: "noise" }],
  boundObjective: () => [path, { prediction: "noise" }],
  preconditionedObjective: () => [{ sigmaData: 0.5 }],
  preconditionedDenoiser: () => [network, path, { sigmaData: 0.5 }],
  networkDenoiser: () => [network, path, { predicts: "noise" }],
  learnedVarianceDenoiser: () => [network, path, { predicts: "noise" }],
  clockOf: () => [path],
  importanceBound: () => [vae, images, { samples: 2 }],
  AutoencoderModel: () => [autoencoder, { size: [8, 8] }],
  "AutoencoderModel.draw": () => [new AutoencoderModel(autoencoder, { size: [8, 8] }), { count: 1 }],
  "AutoencoderModel.describe": () => [new AutoencoderModel(autoencoder), { count: 1 }],
  LatentModel: () => [tinyParts()],
  saveLatent: () => ["pipeline", pipeline(), { format: "F16" }],
  loadLatent: () => {
    saveLatent("pipeline", pipeline());
    return ["pipeline", {}];
  },
  "LatentModel.draw": () => [tinyModel(), { condition: { prompt: "a red fox" }, count: 1, steps: 1 }],
  "LatentModel.describe": () => [tinyModel(), { condition: { prompt: "a red fox" }, count: 1 }],
  "VaeModel.draw": () => [new VaeModel(vae), { count: 1 }],
  "VaeModel.describe": () => [new VaeModel(vae), { count: 1 }],
  "VaeModel.logLikelihood": () => [new VaeModel(vae), images, { samples: 2 }],
  "NormalisingFlowModel.draw": () => [new NormalisingFlowModel(flow), { count: 1 }],
  "NormalisingFlowModel.describe": () => [new NormalisingFlowModel(flow), { count: 1 }],
  "NormalisingFlowModel.logLikelihood": () => [new NormalisingFlowModel(flow), tf.zeros([3, 2]), { samples: 1 }],
  generate: () => [model, { sampler: samplerNamed("ddim").run, steps: 1, count: 1, seed: 0 }],
  diffusionModel: () => [parts],
  saveDiffusionModel: () => ["diffusion", parts, { format: "F32" }],
  loadDiffusionModel: opened(() => saveDiffusionModel("diffusion", parts), ["diffusion", { expect: "UNet2DModel" }]),
  saveNetwork: () => [network, "network", { format: "F32" }],
  toDiffusers: () => [network, "network", { format: "F32" }],
  loadNetwork: opened(() => saveNetwork(network, "network"), ["network", { expect: "UNet2DModel" }]),
  fromDiffusers: opened(() => saveNetwork(network, "network"), ["network", { expect: "UNet2DModel" }]),
  saveAutoencoder: () => ["autoencoder", { network: autoencoder }, { format: "F32" }],
  saveVae: () => ["vae", { network: vae }, { format: "F32" }],
  saveNormalisingFlow: () => ["flow", { network: flow }, { format: "F32" }],
  saveDetector: () => ["detector", { detector, heldOutDigits: 1 }, { format: "F32" }],
  saveClassifier: () => ["classifier", { classifier, heldOutAccuracy: 1 }, { format: "F32" }],
};
