/** Valid calls of trainers, tasks, models and folders that take no options, and of their methods. Files go to the working folder. */
import * as tf from "../../../src/runtime/tf.js";
import {
  AutoencoderKL,
  AutoencoderModel,
  AutoencoderTask,
  ClassificationTask,
  Classifier,
  ClipModel,
  ClipTask,
  ConvVae,
  DetectionTask,
  diffusionModel,
  DigitDetector,
  CaptionedDigits,
  GanTask,
  MlpDiscriminator,
  MlpGenerator,
  NormalisingFlowTask,
  picturesOf,
  plainSpread,
  RealNvp,
  ringModes,
  saveAutoencoder,
  saveClassifier,
  saveClip,
  saveDetector,
  saveDiffusionModel,
  saveGan,
  saveNormalisingFlow,
  saveTokenizer,
  saveVae,
  ShuffledOrder,
  Trainer,
  TrainingStep,
  trainTokenizer,
  VaeTask,
} from "../../../src/index.js";
import { images, network, path, stream, task, z, type Calls } from "./things.js";
import { scheduler, tinyModel } from "../families/latent/tiny.js";

const small = { height: 8, width: 8, in_channels: 1 };
const shape = [8, 8, 1];
const data = new Float32Array(4 * 64);
const plane = new Float32Array(8);
const pair = tf.zeros([2, 2]) as tf.Tensor2D;
const scores = tf.zeros([3]) as tf.Tensor1D;
const latents = tf.zeros([1, 4, 4, 4]) as tf.Tensor4D;

const vae = new ConvVae({ ...small, block_out_channels: [8], hidden_channels: 8, latent_channels: 2 });
const classifier = new Classifier({ ...small, channels: [8, 8, 8], features: 4, classes: 3 });
const detector = new DigitDetector({ channels: [8, 8, 8], features: 4 });
const autoencoder = new AutoencoderKL({ in_channels: 1, out_channels: 1, block_out_channels: [4], norm_num_groups: 2 });
const generator = new MlpGenerator({ dimensions: 2, latent_channels: 2, hidden: [4] });
const discriminator = new MlpDiscriminator({ dimensions: 2, hidden: [4] });
const flow = new RealNvp({ dimensions: 2, num_couplings: 2, hidden: [4] });
const tower = { hidden_size: 4, intermediate_size: 4, num_hidden_layers: 1, num_attention_heads: 1 };
const text = { ...tower, vocab_size: 514, max_position_embeddings: 3 };
const clip = new ClipModel({
  text_config: text,
  vision_config: { ...tower, num_channels: 1, image_size: 4, patch_size: 2 },
  projection_dim: 2,
});
const tokenizer = trainTokenizer(["a"], { size: 514, length: 3 });
const model = diffusionModel({ network, path, config: { prediction: "noise", shape } });
const gan = () => new GanTask({ generator, discriminator, data: plane, batchSize: 2 });
const flowTask = () => new NormalisingFlowTask({ network: flow, data: plane, batchSize: 2 });
const vaeTask = () => new VaeTask({ network: vae, data, batchSize: 4 });
const autoencoderTask = () =>
  new AutoencoderTask({ network: autoencoder, pictures: picturesOf(new Float32Array(128), [8, 8, 1]), batchSize: 2 });
const classification = () =>
  new ClassificationTask({ classifier, images: data, labels: new Uint8Array(4), batchSize: 4 });
const detection = () =>
  new DetectionTask({ detector, data: [new CaptionedDigits({ split: "heldOut" })], batchSize: 2 });
const clipTask = () => new ClipTask({ clip, images: new Float32Array(32), tokens: new Int32Array(6), batchSize: 2 });
const saved = (folder: string, save: (folder: string) => void) => () => {
  save(folder);
  return [folder];
};
const report = { step: 1, phases: { all: { loss: NaN, gradientNorm: 0, learningRate: 1, metrics: {} } } };
const state = () => {
  new Trainer(task).save("state.safetensors");
  return "state.safetensors";
};

export const calls: Calls = {
  clipGlobalNorm: () => [z, 1],
  averageDecayAt: () => [0.99, 3],
  movingAverage: () => [z, z, tf.scalar(0.9)],
  ShuffledOrder: () => [4, 0],
  "ShuffledOrder.indices": () => [new ShuffledOrder(4, 0), 1, 2],
  "TrainingStep.restore": () => [new TrainingStep(task), new TrainingStep(task).save()],
  "TrainingStep.average": () => [new TrainingStep(task), "network"],
  "Trainer.averageOf": () => [new Trainer(task), "network"],
  "Trainer.steps": () => [new Trainer(task), 1],
  "Trainer.withAverage": () => [new Trainer(task), () => 1],
  "Trainer.save": () => [new Trainer(task), "state.safetensors"],
  "Trainer.restore": () => [new Trainer(task), state()],
  TrainingDivergedError: () => [report, "all"],
  bfloat16Supported: () => ["flags: avx512_bf16"],

  "DiffusionTask.batch": () => [task, 1],
  "VaeTask.batch": () => [vaeTask(), 1],
  "GanTask.batch": () => [gan(), 1],
  "NormalisingFlowTask.batch": () => [flowTask(), 1],
  "AutoencoderTask.batch": () => [autoencoderTask(), 1],
  "ClassificationTask.batch": () => [classification(), 1],
  "DetectionTask.batch": () => [detection(), 1],
  "ClipTask.batch": () => [clipTask(), 1],

  boundTerms: () => [vae, images, tf.zeros([4, 2])],
  decodedMean: () => [vae, images],
  decodedSample: () => [vae, images, images],
  logLikelihoodGivenLatent: () => [vae, images, images],
  VaeModel: () => [vae],
  loadVae: saved("vae", (folder) => saveVae(folder, { network: vae })),
  picturesOf: () => [new Float32Array(64), [8, 8, 1]],
  "AutoencoderModel.reconstruct": () => [new AutoencoderModel(autoencoder), images],
  "AutoencoderModel.originals": () => [
    new AutoencoderModel(autoencoder, { pictures: picturesOf(data, [8, 8, 1]) }),
    0,
    0,
    1,
  ],
  loadAutoencoder: saved("autoencoder", (folder) => saveAutoencoder(folder, { network: autoencoder })),
  logDensity: () => [flow, pair],
  dequantised: () => [new Uint8Array(4), stream],
  greyLevels: () => ["data", new Float32Array(64).fill(1), 64],
  NormalisingFlowModel: () => [flow],
  loadNormalisingFlow: saved("flow", (folder) => saveNormalisingFlow(folder, { network: flow })),
  adversarialLoss: () => ["wasserstein"],
  scoredSlopes: () => [(x: tf.Tensor) => tf.sum(x, 1), z],
  discriminatorAccuracy: () => [scores, scores],
  meanPairwiseDistance: () => [z],
  modesCovered: () => [z, ringModes()],
  signsOfFailure: () => [{}, 8],
  GanModel: () => [{ generator }],
  loadGan: saved("gan", (folder) => saveGan(folder, { generator })),
  clipPixels: () => [images, plainSpread(1)],
  plainSpread: () => [1],
  loadClip: saved("clip", (folder) => saveClip(folder, { clip, tokenizer, spread: plainSpread(1) })),
  loadTokenizer: saved("tokenizer", (folder) => saveTokenizer(tokenizer, folder)),
  saveTokenizer: () => [tokenizer, "tokenizer"],
  loadClassifier: saved("classifier", (folder) => saveClassifier(folder, { classifier, heldOutAccuracy: 1 })),
  isClipFolder: () => ["clip"],
  isDetectorFolder: () => ["detector"],
  loadDetector: saved("detector", (folder) => saveDetector(folder, { detector, heldOutDigits: 1 })),
  readCompositions: () => [detector, tf.zeros([1, 32, 32, 3])],
  loadModel: saved("diffusion", (folder) => saveDiffusionModel(folder, model)),
  isDiffusionModel: () => [model],
  unconditionalOf: () => [{ config: { ...model.config, unconditionalLabel: 3 } }],
  labelsFor: () => [{ classes: 2 }, { count: 2, label: 1 }],
  modelFolder: saved("named", (folder) => saveGan(folder, { generator })),
  weightedTexts: () => ["a (red:1.2) fox"],
  "LatentModel.decode": () => [tinyModel(), latents],
  "LatentModel.preview": () => [tinyModel(), latents],
  "LatentModel.denoiser": () => [tinyModel(), true],
  "LatentModel.withScheduler": () => [tinyModel(), scheduler],
};
