/** Valid calls of what computes: paths, denoisers, objectives, samplers. */
import * as tf from "../../../src/runtime/tf.js";
import { clipStatic, ddim, flowPath, samplerNamed, vpPath } from "../../../src/index.js";
import { denoiser, denoiserOf, noise, path, z, type Calls } from "./things.js";

const flow = flowPath();
const sde = vpPath();
const few = { steps: 2 };
const ends = { mean: z, logVariance: tf.zerosLike(z) };
const deterministic = ["ddim", "dpmSolver", "dpmSolverPlusPlus", "euler", "heun", "lms", "pndm", "unipc"];
const stochastic = ["ddpm", "eulerAncestral", "annealedLangevin", "dpmSolverSde", "consistency"];

export const calls: Calls = {
  ...Object.fromEntries(deterministic.map((name) => [name, () => [denoiser, path, z, { ...few }]])),
  ...Object.fromEntries(stochastic.map((name) => [name, () => [denoiser, path, z, { ...few, noise }]])),
  flow: () => [denoiserOf(flow), flow, z, few],
  reflowPairs: () => [denoiserOf(flow), flow, z, few],
  reverseSde: () => [denoiserOf(sde), sde, z, { ...few, noise }],
  predictorCorrector: () => [denoiserOf(sde), sde, z, { ...few, noise }],
  probabilityFlow: () => [denoiser, path, z, { maxSteps: 200 }],
  logLikelihood: () => [denoiser, path, z, { maxSteps: 200 }],
  ddimInversion: () => [denoiser, path, z, few],
  partialStart: () => [path, z, { strength: 1, steps: 2, noise }],
  inpaint: () => [denoiser, path, z, { ...few, noise, image: z, mask: tf.onesLike(z) }],
  runOnAnyPath: () => [samplerNamed("ddim"), denoiser, path, z, { ...few, noise }],
  sample: () => [ddim(denoiser, path, z, few), { onStep: () => undefined }],
  timeGrid: () => [path, few],
  marchInSigma: () => ["euler", denoiser, path, z, few, () => ({ x0: tf.clone(z), next: tf.clone(z) })],
  march: () => ["mine", z, [30, 10, 0], () => ({ x0: tf.clone(z), next: tf.clone(z) })],
  normalNoise: () => [1, { firstSample: 2 }],
  torchNoise: () => [1, { firstSample: 2 }],

  linearSchedule: () => [{ T: 30 }],
  quadraticSchedule: () => [{ T: 30 }],
  scaledLinearSchedule: () => [{ T: 1000 }],
  sigmoidBetaSchedule: () => [{ T: 1000 }],
  sigmoidAlphaBarSchedule: () => [{ T: 20 }],
  laplaceSchedule: () => [{ T: 20 }],
  logLinearSchedule: () => [{ T: 20 }],
  cosineSchedule: () => [{ T: 20 }],
  vpPath: () => [{ betaMax: 20 }],
  subVpPath: () => [{ betaMax: 20 }],
  vePath: () => [{ sigmaMax: 20 }],
  edmPath: () => [{ sigmaMax: 20 }],
  noiseLevel: () => [path, 3],
  respace: () => [path, [5, 10, 20]],
  zeroTerminalSnr: () => [path],
  qSample: () => [path, z, 3, z],
  qStep: () => [path, z, 3, z],
  posterior: () => [path, z, z, 3],
  toNoise: () => [path, "sample", z, z, 3],
  toSample: () => [path, "noise", z, z, 3],
  convertPrediction: () => [path, "noise", "sample", z, z, 3],
  trainingTarget: () => [path, "noise", z, 3, z],
  coefficients: () => [path, 3, 3],
  denoiserOnPath: () => [denoiser, sde],
  dataDenoiser: () => [path, z],
  gaussianDenoiser: () => [path, [0, 0], 1],
  mixtureDenoiser: () => [path, { means: [[0, 0]], covariances: [1] }],
  preconditioned: () => [(x: tf.Tensor) => x, path, 0.5],
  estimate: () => [denoiser, path, z, 3, { clip: clipStatic() }],
  guided: () => [denoiser, { guidanceScale: 2, unconditional: {} }],
  classifierGuided: () => [denoiser, () => tf.zeros([3]), 1],
  clipDynamic: () => [{ percentile: 0.9 }],
  lossWeights: () => [path, "noise", "min-snr", 3, 3, { gamma: 5 }],
  boundTerm: () => [path, z, z, 3, ends, { levels: 256 }],
  variationalBound: () => [denoiser, path, tf.tanh(z), { noise }],
  hybridLoss: () => [path, "noise", { x0: z, xt: z, output: z, fraction: z, t: 3, target: z }, {}],
  uniformTimes: () => [path],
  stratifiedTimes: () => [path],
  logitNormalTimes: () => [path, { mean: 0 }],
  logNormalLevels: () => [path, { mean: 0 }],
  lossAwareTimes: () => [20, { length: 4 }],
  discretizedLogLikelihood: () => [z, z, tf.onesLike(z), { levels: 256 }],
  bitsPerDimension: () => [tf.zeros([3]), 2, { levels: 256 }],
  dormandPrince: () => [(y: tf.Tensor) => tf.neg(y), z, 0, 1, { firstStep: 0.1 }],
};
