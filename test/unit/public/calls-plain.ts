/** Valid calls of what takes no options. Files go to the working folder. */
import * as tf from "../../../src/runtime/tf.js";
import {
  adversarialLoss,
  Classifier,
  ConvVae,
  describeNetwork,
  Dense,
  featureSet,
  fitGaussian,
  imageDataset,
  imageGrid,
  linearSchedule,
  lineChart,
  MlpGenerator,
  Parameters,
  RandomStream,
  RealNvp,
  respace,
  ringModes,
  samplerNamed,
  saveClassifier,
  saveGan,
  saveNormalisingFlow,
  saveParameters,
  saveVae,
  writeSafetensors,
  zeros,
} from "../../../src/index.js";
import { axis, denoiser, images, network, noise, path, scope, stream, times, z, type Calls } from "./things.js";

const features = featureSet(Float32Array.from({ length: 24 }, (_, i) => Math.sin(i * i)));
const gaussian = fitGaussian(features);
const small = { height: 8, width: 8, in_channels: 1 };
const vae = new ConvVae({ ...small, block_out_channels: [8], hidden_channels: 8, latent_channels: 2 });
const classifier = new Classifier({ ...small, channels: [8, 8, 8], features: 4, classes: 3 });
const flow = new RealNvp({ dimensions: 2, num_couplings: 2, hidden: [4] });
const generator = new MlpGenerator({ dimensions: 2, latent_channels: 2, hidden: [4] });
const latent = { mean: z, logVariance: tf.zerosLike(z) } as { mean: tf.Tensor2D; logVariance: tf.Tensor2D };
const numbers = [0.2, -0.1, 0.4];
const dataset = imageDataset({
  name: "tiny",
  classes: ["a", "b"],
  height: 2,
  width: 2,
  channels: 1,
  images: new Uint8Array(12),
  labels: Uint8Array.of(0, 1, 0),
} as never);
const figure = lineChart({ x: axis, y: axis, series: [{ name: "a", y: [1, 2, 3] }] });
const tokens = tf.zeros([2, 4, 3]) as tf.Tensor3D;
const vector = tf.tensor1d([1, 2, 3]);
const parameters = (): Parameters => {
  const made = new Parameters();
  made.scope("layer").create("weight", "plain", [2], zeros);
  return made;
};
const file = (): string => {
  writeSafetensors("plain.safetensors", [["a", { shape: [1], values: new Float32Array(1) }]]);
  return "plain.safetensors";
};
const saved = (): string => {
  saveParameters("plain-parameters.safetensors", parameters());
  return "plain-parameters.safetensors";
};
const folder = (name: string, save: (folder: string) => void) => (): readonly unknown[] => {
  save(name);
  return [name];
};
const prediction = (): readonly unknown[] => [path, "noise", z, z, 3];
const ranged = (): readonly unknown[] => [5, { min: 0.01, max: 10 }];

export const calls: Calls = {
  activation: () => ["silu"],
  gelu: () => [z],
  geluTanh: () => [z],
  silu: () => [z],
  mish: () => [z],
  quickGelu: () => [z],
  leakyRelu: () => [z, 0.2],
  stopGradient: () => [z],
  adversarialLoss: () => ["non-saturating"],
  averageDecayAt: () => [0.999, 10],
  boundTerms: () => [vae, images, tf.zeros([4, 2])],
  causalMask: () => [3],
  classCounts: () => [dataset],
  clipGlobalNorm: () => [vector, 1],
  clipStatic: () => [1],
  densityBits: () => [numbers, 4],
  dequantised: () => [new Uint8Array(4), stream],
  describeNetwork: () => [network, images, tf.tensor1d([1, 2, 3, 4])],
  decodedMean: () => [vae, tf.zeros([4, 8, 8, 1])],
  discriminatorAccuracy: () => [vector, vector],
  drawing: () => [20, 20, () => undefined, "nothing"],
  dropoutSites: () => [() => tf.zeros([1])],
  edmPreconditioning: () => [1, 0.5],
  encodePng: () => [{ width: 1, height: 1, channels: 1, data: new Uint8Array(1) }],
  exponentialLevels: ranged,
  karrasLevels: ranged,
  logLinearLevels: ranged,
  polyexponentialLevels: ranged,
  fanInUniform: () => [3],
  figureSize: () => [figure],
  figureToSvg: () => [figure],
  firstImages: () => [dataset, 2],
  frechetDistance: () => [gaussian, gaussian],
  frechetFeatureDistance: () => [features, features],
  fromPatches: () => [tokens, { rows: 2, columns: 2, patch: 1 }],
  gatherImages: () => [dataset, [0, 1]],
  gatherLabels: () => [dataset, [0, 1]],
  gaussianKl: () => [z, z, z, z],
  gridEmbedding: () => [{ height: 2, width: 2, channels: 4, base: 10 }],
  halfLogSnr: () => [path, 3],
  histogramSpread: () => [[1, 2, 3]],
  indicesOfClasses: () => [dataset, [0]],
  interpolateNoise: () => [z, z, 0.5],
  latentKl: () => [latent],
  levelAt: () => [path, 3],
  labelInput: () => [3],
  loadClassifier: folder("plain-classifier", (name) => saveClassifier(name, { classifier, heldOutAccuracy: 1 })),
  loadGan: folder("plain-gan", (name) => saveGan(name, { generator })),
  loadModel: folder("plain-vae", (name) => saveVae(name, { network: vae })),
  loadNormalisingFlow: folder("plain-flow", (name) => saveNormalisingFlow(name, { network: flow })),
  loadVae: folder("plain-vae", (name) => saveVae(name, { network: vae })),
  loadParameters: () => [saved(), parameters()],
  logDensity: () => [flow, z],
  logLikelihoodGivenLatent: () => [vae, images, images],
  logMeanExp: () => [numbers],
  look: () => [classifier, images],
  mapCorrelation: () => [tf.softmax(tf.randomUniform([1, 4, 4], 0, 1, "float32", 1)), 0, 1],
  meanPairwiseDistance: () => [z],
  medianDistance: () => [features, features],
  memorising: () => [features, features, features],
  modesCovered: () => [z, ringModes()],
  modulate: () => [tokens, tf.zeros([2, 3]), tf.zeros([2, 3])],
  movingAverage: () => [vector, vector, tf.scalar(0.9)],
  nearestDistances: () => [features, features],
  neighbourRadii: () => [features, 2],
  networkClassNamed: () => ["UNet2DModel", "here"],
  networkClassOf: () => [vae],
  networkTime: () => [times],
  noiseErrors: () => [denoiser, path, z, [3], noise],
  noiseLevelRange: () => [path],
  noised: () => [z, z, tf.ones([3, 1]), tf.ones([3, 1])],
  normalStart: () => [0.1],
  overlay: () => [figure, figure],
  parseIdx: () => [Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 7)],
  pathFromConfig: () => [{ kind: "linear" }],
  pathPreconditioning: () => [path, 3],
  perExample: () => [new Float32Array(3), 2],
  pngSize: () => [imageGrid(images).png],
  preconditionedTarget: () => [path, z, z, [3, 3, 3]],
  rankCorrelation: () => [numbers, numbers],
  readSafetensors: () => [file(), () => 1],
  SafetensorsFile: () => [file()],
  recognise: () => [featureSet(Float32Array.of(0.9, 0.1), 2)],
  repaintTimes: () => [[5, 4, 3, 2, 1, 0], 2, 1],
  reparameterise: () => [latent, z],
  respacedDenoiser: () => [{ ...denoiser }, respace(path, [5, 10])],
  runningMean: () => [numbers, 0.5],
  runsOn: () => [samplerNamed("ddim"), path],
  samplerNamed: () => ["ddim"],
  scheduleFromAlphaBars: () => ["mine", [1, 0.5, 1e-4]],
  scheduleFromBetas: () => ["mine", [0.5, 0.999]],
  scoreMatchingLoss: () => [path, z, z, 3],
  selectFeatures: () => [features, [0]],
  shiftTimes: () => [[1, 0.5, 0], 3],
  sigmaPoint: () => [path, 1],
  simpleLoss: () => [z, z],
  splitLearnedVariance: () => [tf.zeros([2, 4, 4, 2])],
  subset: () => [dataset, [0]],
  symmetricEigen: () => [Float64Array.of(1, 0, 0, 1), 2],
  symmetricSqrt: () => [Float64Array.of(1, 0, 0, 1), 2],
  toFlow: prediction,
  toScore: prediction,
  toVelocity: prediction,
  toPatches: () => [images, 2],
  tokensInput: () => [3, 2],
  torchStart: () => [3],
  wassersteinDistance: () => [numbers, numbers],
  wilsonInterval: () => [3, 10],
  xavierStart: () => [2, 3],
  Classifier: () => [classifier.config],
  ConvVae: () => [vae.config],
  RealNvp: () => [flow.config],
  MlpGenerator: () => [generator.config],
  VaeModel: () => [vae],
  NormalisingFlowModel: () => [flow],
  GanModel: () => [{ generator }],
  ActNorm: () => [scope(), 2],
  InvertibleConvolution: () => [scope(), 2],
  Downsample: () => [scope(), { channels: 2 }],
  Upsample: () => [scope(), { channels: 2 }],
  PatchEmbedding: () => [scope(), { inputs: 1, channels: 4, patch: 2 }],
  RandomStream: () => [1, "purpose", 2],
  ShuffledOrder: () => [10, 1],
};
void [describeNetwork, Dense, linearSchedule, RandomStream, adversarialLoss];
