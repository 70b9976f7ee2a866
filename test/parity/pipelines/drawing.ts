/** Draws here what drawing.py draws there: from given noise, by the sampler that is the scheduler's step. */
import * as tf from "../../../src/runtime/tf.js";
import { type DiffusionModel } from "../../../src/families/index.js";
import { chooseSampler } from "../../../src/families/diffusion/sampler-choice.js";
import { clipOptions } from "../../../src/families/diffusion/sampling-options.js";
import { sample, type NoiseSource } from "../../../src/samplers/index.js";
import { fromTorch, signal, toTorch } from "../networks/formula.js";

/** What both sides take for draw `number`, by a formula. */
export const noiseByFormula: NoiseSource = (number, [n, height, width, channels]) =>
  fromTorch(signal(`draw ${number}`, [n, channels, height, width]));

/** The conditions of both sides, for networks that take them. */
export function conditionFor(model: DiffusionModel): Record<string, tf.Tensor> {
  const takes = model.network.conditions ?? {};
  return {
    ...("label" in takes && { label: tf.tensor1d([2, 0], "int32") }),
    ...("context" in takes && { context: signal("context", [2, 4, 5]) }),
  };
}

/** The state at the end, [N, C, H, W], from x_T = noise(0) and noise(i) at step i. */
export async function drawFrom(
  model: DiffusionModel,
  options: {
    readonly sampler: string;
    readonly steps: number;
    readonly noise?: NoiseSource;
    readonly count?: number;
    readonly condition?: Record<string, tf.Tensor>;
  },
): Promise<tf.Tensor> {
  const { sampler: name, steps, noise = noiseByFormula, count = 2, condition = conditionFor(model) } = options;
  const { sampler } = chooseSampler(name, { steps }, model.sampling);
  const xT = noise(0, [count, ...model.shape]);
  return toTorch(
    await sample(sampler(model.denoiser, model.path, xT, { noise, condition, ...clipOptions(model.sampling) })),
  );
}
