import * as tf from "../tf.js";
import { clipStatic } from "../diffusion/index.js";
import { normalNoise, sample, type NoiseSource, type SamplerStep, type StochasticOptions } from "../samplers/index.js";
import type { Denoiser, GaussianPath } from "../diffusion/index.js";
import type { DiffusionModel } from "../training/index.js";

/** A sampler with the options every sampler takes. */
export type AnySampler = (
  denoiser: Denoiser,
  path: GaussianPath,
  xT: tf.Tensor,
  options: StochasticOptions,
) => Generator<SamplerStep, tf.Tensor>;

export interface GenerateOptions {
  readonly sampler: AnySampler;
  readonly steps: number;
  readonly count: number;
  readonly seed: number;
  /** Images drawn at once, default 64; the images do not depend on it. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
  /** Called after each step with the share done, 0 … 1. */
  readonly onProgress?: (done: number) => void;
}

/** Draws images batch by batch, x̂_0 bounded to [−1, 1] at each step. Image i depends on the seed and i alone. */
export async function generate(model: DiffusionModel, options: GenerateOptions): Promise<tf.Tensor4D> {
  const { sampler, steps, count, seed, batchSize = 64, signal, onProgress } = options;
  const batches: tf.Tensor[] = [];
  try {
    for (let first = 0; first < count; first += batchSize) {
      const size = Math.min(batchSize, count - first);
      const noise: NoiseSource = normalNoise(seed, { firstSample: first });
      const xT = noise(0, [size, ...model.config.shape]);
      const run = sampler(model.denoiser, model.schedule, xT, { steps, noise, clip: clipStatic() });
      const onStep = ({ step, steps: all }: SamplerStep): void => onProgress?.((first + (size * step) / all) / count);
      batches.push(await sample(run, { signal, onStep }).finally(() => xT.dispose()));
    }
    return tf.concat(batches) as tf.Tensor4D;
  } finally {
    tf.dispose(batches);
  }
}
