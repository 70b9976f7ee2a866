/** Examples drawn batch by batch from a diffusion model, by any sampler, conditioned and guided. */
import { requireLike, requireWhole } from "../../base/values.js";
import { requireKnownKeys } from "../../base/check.js";
import * as tf from "../../runtime/tf.js";
import { guided, type Denoiser } from "../../diffusion/index.js";
import type { Condition } from "../../nn/index.js";
import type { EngineName } from "../../onnx/index.js";
import { normalNoise, sample, type NoiseSource, type SamplerStep } from "../../samplers/index.js";
import { unconditionalOf, type DiffusionModel } from "./model.js";
import { DEFAULT_STEPS, type AnySampler } from "./sampler-choice.js";
import { clipOptions } from "./sampling-options.js";

/** w for digits as clear as real ones; see {@link guided}. More makes them clearer still, and more alike. */
export const GUIDANCE_SCALE = 1.25;

export interface GenerateOptions {
  readonly sampler: AnySampler;
  /** Default {@link DEFAULT_STEPS}; a sampler that chooses its own takes no notice. */
  readonly steps?: number;
  readonly count: number;
  readonly seed: number;
  /** Examples drawn at once, default 64; they do not depend on it, but within its tolerance where the sampler chooses its steps. */
  readonly batchSize?: number;
  /** Class of every example, or one each, for a model with classes; by default example i is of class i modulo their number. */
  readonly label?: number | ArrayLike<number>;
  /** Tokens for a network that takes them, [1, words, channels] for all examples or [count, words, channels]. */
  readonly context?: tf.Tensor;
  /** Default {@link GUIDANCE_SCALE} for a model with classes. 1 asks for the class without guidance, in half the time. */
  readonly guidanceScale?: number;
  /** What evaluates the network, default "graph": see {@link EngineName}. */
  readonly engine?: EngineName;
  readonly signal?: AbortSignal;
  /** Called after each step with the share done, 0 … 1. */
  readonly onProgress?: (done: number) => void;
}

/**
 * Draws examples [count, …shape], x̂_0 bounded at each step as the model's `sampling` says. Example i depends on the seed
 * and i alone.
 *
 * @throws RangeError if the model does not know the class, or knows none and is asked for one
 */
export async function generate(model: DiffusionModel, options: GenerateOptions): Promise<tf.Tensor> {
  requireLike("model", model, ["config", "denoiser"], "loadDiffusionModel(folder)");
  requireKnownKeys("generate", options, {
    sampler: "a function",
    steps: "a number",
    count: "a number",
    seed: true,
    batchSize: "a number",
    label: true,
    context: "a tensor",
    guidanceScale: true,
    engine: true,
    signal: "a signal",
    onProgress: "a function",
  });
  const { sampler, steps = DEFAULT_STEPS, count, seed, batchSize = 64, context, signal, onProgress } = options;
  const labels = labelsFor(model, options);
  requireContext(options);
  const { denoiser, dispose } = guidedDenoiser(model, options);
  const batches: tf.Tensor[] = [];
  try {
    for (let first = 0; first < count; first += batchSize) {
      const size = Math.min(batchSize, count - first);
      const noise: NoiseSource = normalNoise(seed, { firstSample: first });
      const xT = noise(0, [size, ...model.shape]);
      const condition: Condition = {
        ...(labels && { label: tf.tensor1d(labels.slice(first, first + size), "int32") }),
        ...(context && { context: contextOf(context, first, size) }),
      };
      const asked = Object.keys(condition).length > 0 ? { condition } : {};
      const run = sampler(denoiser, model.path, xT, { steps, noise, ...asked, ...clipOptions(model.sampling) });
      const onStep = ({ step, steps: all }: SamplerStep): void => onProgress?.((first + (size * step) / all) / count);
      batches.push(await sample(run, { signal, onStep }).finally(() => tf.dispose([xT, condition])));
    }
    return tf.concat(batches);
  } finally {
    dispose();
    tf.dispose(batches);
  }
}

/** The class asked for of each example, or undefined for a model without classes. */
export function labelsFor(
  model: Pick<DiffusionModel, "classes">,
  options: Pick<GenerateOptions, "count" | "label">,
): Int32Array | undefined {
  requireLike("model", model, ["classes"], "loadDiffusionModel(folder)");
  requireLike("options", options, ["count"], "{ count, label }");
  const { classes } = model;
  const { count, label } = options;
  requireWhole("count", count);
  if (label === null) throw new TypeError("label must be a class or a list of classes, got null: leave it out for all");
  const asked = typeof label === "object" ? Array.from(label) : label === undefined ? [] : [label];
  const wrong = asked.find((one) => !(Number.isInteger(one) && one >= 0 && one < classes));
  if (wrong !== undefined) {
    throw new RangeError(
      classes === 0
        ? `this model knows no classes: leave class ${wrong} out`
        : `this model knows the classes 0 … ${classes - 1}, got ${wrong}`,
    );
  }
  if (typeof label === "object" && label.length !== count) {
    throw new RangeError(`got ${label.length} classes for ${count} examples: give one each, or one for all`);
  }
  if (classes === 0) return undefined;
  return Int32Array.from({ length: count }, (_, i) => (typeof label === "object" ? label[i] : (label ?? i % classes)));
}

function requireContext({ context, count }: GenerateOptions): void {
  if (!context || (context.rank === 3 && (context.shape[0] === 1 || context.shape[0] === count))) return;
  throw new RangeError(
    `context must be of shape [1, words, channels], for all examples, or [${count}, words, channels], got [${context.shape}]`,
  );
}

/** The tokens of examples first … first + size − 1. */
function contextOf(context: tf.Tensor, first: number, size: number): tf.Tensor {
  const [count, ...rest] = context.shape;
  return count === 1 ? tf.tile(context, [size, ...rest.map(() => 1)]) : tf.slice(context, first, size);
}

function guidedDenoiser(model: DiffusionModel, options: GenerateOptions): { denoiser: Denoiser; dispose: () => void } {
  const canBeGuided = model.config.unconditionalLabel !== undefined;
  const { guidanceScale = canBeGuided && !options.context ? GUIDANCE_SCALE : 1 } = options;
  const own = options.engine === undefined ? model.denoiser : model.denoiserOn(options.engine);
  if (guidanceScale === 1) return { denoiser: own, dispose: () => {} };
  if (options.context) {
    throw new RangeError(
      "guidance by a context weighs it against one that stands for none, which this model does not have: " +
        "give guidance 1, or put samplers and guided(denoiser, { unconditional }) together",
    );
  }
  const unconditional = unconditionalOf(model);
  return {
    denoiser: guided(own, { guidanceScale, unconditional }),
    dispose: () => unconditional.label.dispose(),
  };
}
