/** Runs every sampler: its error where the solution is known, and the quality of its digits. */
import { tf } from "diffusion-lab/runtime";
import { gaussianDenoiser, linearSchedule, type Denoiser } from "diffusion-lab/diffusion";
import { frechetFeatureDistance, recognise, type FeatureSet, look } from "diffusion-lab/metrics";
import type { Classifier } from "diffusion-lab/networks";
import { normalNoise, runOnAnyPath, sample, samplers, type SamplerEntry } from "diffusion-lab/samplers";
import { type DiffusionModel, generate, type AnySampler, DEFAULT_STEPS } from "diffusion-lab/families";

/** One sampler at one budget of evaluations. */
export interface SamplerRow {
  readonly sampler: string;
  readonly title: string;
  readonly order: number | null;
  readonly stochastic: boolean;
  readonly budget: number;
  readonly steps: number;
  readonly evaluations: number;
  /** See {@link exactError}. */
  readonly exactError: number;
  /** Share of images the classifier recognises above 0.9, or null where it was not asked. */
  readonly recognised: number | null;
  readonly frechet: number | null;
}

/** A sampler that chooses its steps, with the evaluations that it used. */
export interface AdaptiveRow {
  readonly sampler: string;
  readonly exactError: number;
  /** Of the run whose error that is. */
  readonly evaluations: number;
  readonly recognised: number | null;
  readonly frechet: number | null;
  /** For a batch of images, in the mean, or null where none were drawn. */
  readonly imageEvaluations: number | null;
}

/** What images are judged by. */
export interface Judge {
  readonly model: DiffusionModel;
  readonly classifier: Classifier;
  readonly heldOut: FeatureSet;
  readonly count: number;
  readonly seed: number;
  /** Of classifier-free guidance; 1 for a model without classes. */
  readonly guidanceScale: number;
}

/** Those whose number of evaluations is the caller's to set. */
export const measured: readonly SamplerEntry[] = samplers.filter(({ choosesSteps }) => !choosesSteps);

/** Those that go on until they are exact enough; what takes one step whatever comes out needs a network made for it. */
export const adaptive: readonly SamplerEntry[] = samplers.filter(
  ({ choosesSteps, evaluations }) => choosesSteps && !Number.isFinite(evaluations(1)),
);

/** The most steps that need no more than `budget` evaluations; 0 if not even one does. */
export function stepsWithin(entry: SamplerEntry, budget: number): number {
  let steps = 0;
  while (entry.evaluations(steps + 1) <= budget) steps++;
  return steps;
}

const DEVIATION = 0.5;

/**
 * Error on data N(0, ½²), whose ideal denoiser is known, with the linear schedule, T = 1000. The probability-flow ODE
 * then ends at x_T·s/√(ᾱ_T·s² + 1 − ᾱ_T): deterministic samplers are held against that point by point (root mean
 * square over s), stochastic ones by the standard deviation they reach (|deviation/s − 1|).
 *
 * @param steps undefined for a sampler that chooses them
 */
export async function exactError(entry: SamplerEntry, steps: number | undefined, count = 4096): Promise<number> {
  const schedule = linearSchedule({ T: 1000 });
  const alphaBar = schedule.alphaBar[schedule.T];
  const noise = normalNoise(1);
  const xT = noise(0, [count, 1]);
  const denoiser = gaussianDenoiser(schedule, [0], DEVIATION ** 2);
  const end = await sample(runOnAnyPath(entry, denoiser, schedule, xT, { steps, noise }));
  const error = tf.tidy(() => {
    if (entry.stochastic) return tf.abs(tf.sub(tf.div(tf.sqrt(tf.mean(tf.square(end))), DEVIATION), 1));
    const exact = tf.mul(xT, DEVIATION / Math.sqrt(alphaBar * DEVIATION ** 2 + 1 - alphaBar));
    return tf.div(tf.sqrt(tf.mean(tf.square(tf.sub(end, exact)))), DEVIATION);
  });
  const value = error.dataSync()[0];
  tf.dispose([xT, end, error]);
  return value;
}

/** All rows of one budget, as they are measured. */
export async function* samplerRows(budget: number, judge: Judge | undefined): AsyncGenerator<SamplerRow> {
  for (const entry of measured) {
    const steps = stepsWithin(entry, budget);
    if (steps === 0) continue;
    const { name: sampler, title, order, stochastic } = entry;
    const quality = judge ? await imageQuality(entry, steps, judge) : { recognised: null, frechet: null };
    const exact = await exactError(entry, steps);
    yield {
      sampler,
      title,
      order,
      stochastic,
      budget,
      steps,
      evaluations: entry.evaluations(steps),
      exactError: exact,
      ...quality,
    };
  }
}

/** Those that choose their steps, each measured once. */
export async function* adaptiveRows(judge: Judge | undefined): AsyncGenerator<AdaptiveRow> {
  for (const entry of adaptive) {
    const [problem, images] = [counted(entry), counted(entry)];
    const exact = await exactError(problem.entry, undefined);
    const quality = judge ? await imageQuality(images.entry, undefined, judge) : { recognised: null, frechet: null };
    yield {
      sampler: entry.name,
      exactError: exact,
      evaluations: problem.evaluations(),
      imageEvaluations: judge ? images.evaluations() / images.runs() : null,
      ...quality,
    };
  }
}

/** The sampler, and how often it was run and asked the denoiser. */
function counted(entry: SamplerEntry): { entry: SamplerEntry; runs(): number; evaluations(): number } {
  let [runs, evaluations] = [0, 0];
  const run: SamplerEntry["run"] = (denoiser, ...rest) => {
    runs++;
    const predict: Denoiser["predict"] = (...asked) => {
      evaluations++;
      return denoiser.predict(...asked);
    };
    return entry.run({ ...denoiser, predict }, ...rest);
  };
  return { entry: { ...entry, run }, runs: () => runs, evaluations: () => evaluations };
}

async function imageQuality(
  entry: SamplerEntry,
  steps: number | undefined,
  judge: Judge,
): Promise<{ recognised: number; frechet: number }> {
  const { model, classifier, heldOut, count, seed, guidanceScale } = judge;
  // `generate` hands every sampler a number of steps.
  const sampler: AnySampler = (denoiser, path, xT, options) =>
    runOnAnyPath(entry, denoiser, path, xT, { ...options, steps });
  const images = await generate(model, { sampler, steps: steps ?? DEFAULT_STEPS, count, seed, guidanceScale });
  const { features, verdicts } = look(classifier, images as tf.Tensor4D);
  return { recognised: recognise(verdicts).share, frechet: frechetFeatureDistance(features, heldOut) };
}
