/** The random numbers of a drawing: those of diffusers on the CPU, or streams of this library. */
import type * as tf from "../../runtime/tf.js";
import { normalNoise, torchNoise, type NoiseSource } from "../../samplers/index.js";

/** Where noise comes from: PyTorch's generators, example i with the seed plus i, or our own streams by (seed, i). */
export const noiseKinds = ["torch", "streams"] as const;
export type NoiseKind = (typeof noiseKinds)[number];

/** The draws of one batch. A generator of PyTorch goes on from one to the next, so they are made in diffusers' order. */
export interface BatchNoise {
  /** ε of the posterior of an encoded picture. */
  posterior(shape: readonly number[]): tf.Tensor;
  /** x_T, or what a picture is hidden by. */
  start(shape: readonly number[]): tf.Tensor;
  /** ε of the posterior of a picture with a hole. */
  maskedPosterior(shape: readonly number[]): tf.Tensor;
  /** For the sampler, which asks for draws 1, 2, … */
  readonly steps: NoiseSource;
}

/** @param firstSample the number of the batch's first example */
export function batchNoise(kind: NoiseKind, seed: number, firstSample: number): BatchNoise {
  if (kind === "streams") {
    const stream = (purpose?: string): NoiseSource => normalNoise(seed, { firstSample, ...(purpose && { purpose }) });
    const [posterior, masked, steps] = [stream("posterior"), stream("masked posterior"), stream()];
    return {
      posterior: (shape) => posterior(0, shape),
      start: (shape) => steps(0, shape),
      maskedPosterior: (shape) => masked(0, shape),
      steps,
    };
  }
  const source = torchNoise(seed, { firstSample });
  let made = 0;
  const next = (shape: readonly number[]): tf.Tensor => source(made++, shape);
  return {
    posterior: next,
    start: next,
    maskedPosterior: next,
    steps: (draw, shape) => source(made + draw, shape),
  };
}
