import * as tf from "../../runtime/tf.js";
import { clipStatic, guided } from "../../diffusion/index.js";
import {
  normalNoise,
  sample,
  type NoiseSource,
  type SamplerStep,
  type StochasticOptions,
} from "../../samplers/index.js";
import type { Denoiser, GaussianPath } from "../../diffusion/index.js";
import { unconditionalOf, type DiffusionModel } from "./folder.js";

/** A sampler with the options every sampler takes. */
export type AnySampler = (
  denoiser: Denoiser,
  path: GaussianPath,
  xT: tf.Tensor,
  options: StochasticOptions,
) => Generator<SamplerStep, tf.Tensor>;

/** Of samplers that take as many as they are told. */
export const DEFAULT_STEPS = 50;

/** w for digits as clear as real ones; see {@link guided}. More makes them clearer still, and more alike. */
export const GUIDANCE_SCALE = 1.25;

export interface GenerateOptions {
  readonly sampler: AnySampler;
  /** Default {@link DEFAULT_STEPS}; a sampler that chooses its own takes no notice. */
  readonly steps?: number;
  readonly count: number;
  readonly seed: number;
  /** Images drawn at once, default 64; the images do not depend on it, but within its tolerance where the sampler chooses its steps. */
  readonly batchSize?: number;
  /** Class of every image, for a model with classes; by default image i is of class i modulo their number. */
  readonly label?: number;
  /** Default {@link GUIDANCE_SCALE} for a model with classes. 1 asks for the class without guidance, in half the time. */
  readonly guidanceScale?: number;
  readonly signal?: AbortSignal;
  /** Called after each step with the share done, 0 … 1. */
  readonly onProgress?: (done: number) => void;
}

/**
 * Draws images batch by batch, x̂_0 bounded to [−1, 1] at each step. Image i depends on the seed and i alone.
 *
 * @throws RangeError if the model does not know the class, or knows none and is asked for one
 */
export async function generate(model: DiffusionModel, options: GenerateOptions): Promise<tf.Tensor4D> {
  const { sampler, steps = DEFAULT_STEPS, count, seed, batchSize = 64, signal, onProgress } = options;
  const labels = labelsFor(model, options);
  const { denoiser, dispose } = guidedDenoiser(model, options);
  const batches: tf.Tensor[] = [];
  try {
    for (let first = 0; first < count; first += batchSize) {
      const size = Math.min(batchSize, count - first);
      const noise: NoiseSource = normalNoise(seed, { firstSample: first });
      const xT = noise(0, [size, ...model.config.shape]);
      const condition = labels && { label: tf.tensor1d(labels.slice(first, first + size), "int32") };
      const run = sampler(denoiser, model.schedule, xT, { steps, noise, condition, clip: clipStatic() });
      const onStep = ({ step, steps: all }: SamplerStep): void => onProgress?.((first + (size * step) / all) / count);
      batches.push(await sample(run, { signal, onStep }).finally(() => tf.dispose([xT, condition?.label ?? []])));
    }
    return tf.concat(batches) as tf.Tensor4D;
  } finally {
    dispose();
    tf.dispose(batches);
  }
}

/** The class asked for of each image, or undefined for a model without classes. */
export function labelsFor(
  { classes }: DiffusionModel,
  { count, label }: Pick<GenerateOptions, "count" | "label">,
): Int32Array | undefined {
  if (label !== undefined && !(Number.isInteger(label) && label >= 0 && label < classes)) {
    throw new RangeError(
      classes === 0
        ? `this model knows no classes: leave class ${label} out`
        : `this model knows the classes 0 … ${classes - 1}, got ${label}`,
    );
  }
  return classes === 0 ? undefined : Int32Array.from({ length: count }, (_, i) => label ?? i % classes);
}

function guidedDenoiser(model: DiffusionModel, options: GenerateOptions): { denoiser: Denoiser; dispose: () => void } {
  const canBeGuided = model.config.unconditionalLabel !== undefined;
  const { guidanceScale = canBeGuided ? GUIDANCE_SCALE : 1 } = options;
  if (guidanceScale === 1) return { denoiser: model.denoiser, dispose: () => {} };
  const unconditional = unconditionalOf(model);
  return {
    denoiser: guided(model.denoiser, { guidanceScale, unconditional }),
    dispose: () => unconditional.label.dispose(),
  };
}
