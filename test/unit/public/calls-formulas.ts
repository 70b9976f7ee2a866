/** Valid calls of the theory's formulas, of random numbers and of what is computed in plain numbers. */
import * as tf from "../../../src/runtime/tf.js";
import {
  edmPath,
  normalNoise,
  parseSchedulerConfig,
  RandomStream,
  respace,
  samplerNamed,
  TorchGenerator,
} from "../../../src/index.js";
import { denoiser, path, z, type Calls } from "./things.js";

const levels = { min: 0.1, max: 10 };
const matrix = Float64Array.of(2, 1, 1, 2);
const generator = () => new RandomStream(0, "calls");
const torch = () => new TorchGenerator(0);
const few = respace(path, [5, 10, 20]);

export const calls: Calls = {
  halfLogSnr: () => [path, 3],
  networkTime: () => [3],
  levelAt: () => [path, 3],
  perExample: () => [Float32Array.of(1, 2, 3), 2],
  noised: () => [z, z, tf.scalar(0.8), tf.scalar(0.6)],
  toFlow: () => [path, "noise", z, z, 3],
  toScore: () => [path, "noise", z, z, 3],
  toVelocity: () => [path, "noise", z, z, 3],
  edmPreconditioning: () => [1, 0.5],
  pathPreconditioning: () => [path, 3, 0.5],
  preconditionedTarget: () => [edmPath(), z, z, [1, 2, 3], 0.5],
  simpleLoss: () => [z, z, tf.ones([3])],
  scoreMatchingLoss: () => [path, z, z, 3],
  logVarianceBounds: () => [path, 3],
  splitLearnedVariance: () => [tf.zeros([2, 4, 4, 2])],
  clipStatic: () => [1],
  flowPath: () => [],
  scheduleFromAlphaBars: () => ["mine", [1, 0.9, 0.5, 0.1]],
  scheduleFromBetas: () => ["mine", [0.1, 0.2, 0.3]],
  pathFromConfig: () => [path.config, "mine"],
  parseSchedulerConfig: () => [{ _class_name: "DDPMScheduler" }, "scheduler_config.json"],
  toSchedulerConfig: () => [parseSchedulerConfig({ _class_name: "DDPMScheduler" }, "scheduler_config.json")],
  respacedDenoiser: () => [denoiser, few],

  samplerEntries: () => [{ name: "mine", title: "Mine", order: 1, run: samplerNamed("ddim").run }],
  samplerNamed: () => ["ddim"],
  twiceButLast: () => [3],
  runsOn: () => [samplerNamed("ddim"), path],
  exponentialLevels: () => [3, levels],
  karrasLevels: () => [3, levels, 7],
  logLinearLevels: () => [3, levels],
  polyexponentialLevels: () => [3, levels, 1],
  noiseLevelRange: () => [path],
  sigmaPoint: () => [path, 1],
  shiftTimes: () => [[1, 0.5, 0], 3],
  repaintTimes: () => [[30, 20, 10, 0], 2, 1],
  interpolateNoise: () => [z, z, 0.5],

  densityBits: () => [tf.zeros([3]), 2],
  gaussianKl: () => [z, z, z, z],
  symmetricEigen: () => [matrix, 2],
  symmetricSqrt: () => [matrix, 2],
  logMeanExp: () => [[1, 2]],

  RandomStream: () => [0, "calls", 1],
  "RandomStream.integer": () => [generator(), 0, 5],
  "RandomStream.uniforms": () => [generator(), 3],
  "RandomStream.normals": () => [generator(), 3],
  "RandomStream.integers": () => [generator(), 3, 0, 5],
  "RandomStream.permutation": () => [generator(), 3],
  "RandomStream.split": () => [generator(), "part", 1],
  philox4x32: () => [
    [0, 0, 0, 0],
    [0, 0],
  ],
  TorchGenerator: () => [0],
  "TorchGenerator.normals": () => [torch(), 3],
  noiseErrors: () => [denoiser, path, z, [3, 5], normalNoiseAt],
};

const drawn = normalNoise(3);
function normalNoiseAt(t: number, shape: readonly number[]): tf.Tensor {
  return drawn(t, [...shape]);
}
