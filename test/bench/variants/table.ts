/** The variants of diffusion on one budget of evaluations: what each costs, how near its pictures come and how much they cover. */
import { markdownTable } from "diffusion-lab/base";
import { generate, GUIDANCE_SCALE, type AnySampler, type DiffusionModel } from "diffusion-lab/families";
import { frechetFeatureDistance, precisionRecall, type FeatureSet } from "diffusion-lab/metrics";
import { tf } from "diffusion-lab/runtime";
import { runOnAnyPath, samplerNamed } from "diffusion-lab/samplers";

/** One way to draw from the same network. */
export interface Variant {
  readonly title: string;
  readonly sampler: string;
  /** Of classifier-free guidance; it asks the network twice a step. */
  readonly guidance: number;
}

/** In the order of the theory's table; what chooses its steps takes as many as it likes, and says how many. */
export const variants: readonly Variant[] = [
  { title: "DDPM", sampler: "ddpm", guidance: 1 },
  { title: "DDIM", sampler: "ddim", guidance: 1 },
  { title: "score SDE, reversed", sampler: "reverse-sde", guidance: 1 },
  { title: "probability-flow ODE, Heun", sampler: "heun", guidance: 1 },
  { title: "probability-flow ODE, adaptive", sampler: "probability-flow", guidance: 1 },
  { title: "classifier-free guidance, DDIM", sampler: "ddim", guidance: GUIDANCE_SCALE },
];

export interface VariantRow {
  readonly title: string;
  /** What was drawn: "digits", "captioned digits". */
  readonly pictures: string;
  /** Of the network, for one example: a step with guidance counts two. */
  readonly evaluations: number;
  /** By the clock on the wall, for one example. */
  readonly seconds: number;
  readonly frechet: number;
  /** Share of the real pictures that lie where the drawn ones do (recall), and the other way round (precision). */
  readonly coverage: number;
  readonly precision: number;
}

/** As `VariantRow`, of real pictures: what no variant can be asked to beat. */
export type FloorRow = Omit<VariantRow, "evaluations" | "seconds">;

/** The most steps of a variant within so many evaluations of the network; undefined where it chooses them. */
export function stepsOf({ sampler, guidance }: Variant, budget: number): number | undefined {
  const entry = samplerNamed(sampler);
  if (entry.choosesSteps) return undefined;
  const each = guidance === 1 ? 1 : 2;
  let steps = 0;
  while (each * entry.evaluations(steps + 1) <= budget) steps++;
  if (steps === 0)
    throw new RangeError(`${sampler} needs more than ${budget} evaluations for one step: raise --budget`);
  return steps;
}

/** What real and drawn pictures are compared by. */
export interface Judged {
  readonly count: number;
  readonly seed: number;
  readonly featuresOf: (images: tf.Tensor4D) => FeatureSet;
  /** As many real pictures. */
  readonly real: FeatureSet;
}

/** How a set compares with the real one. */
export function compared(real: FeatureSet, drawn: FeatureSet): Pick<VariantRow, "frechet" | "coverage" | "precision"> {
  const { precision, recall } = precisionRecall(real, drawn);
  return { frechet: frechetFeatureDistance(drawn, real), coverage: recall, precision };
}

/** Draws with one variant, and counts how often each example went through the network. */
export async function variantRow(
  model: DiffusionModel,
  variant: Variant,
  budget: number,
  { count, seed, featuresOf, real }: Judged,
  onProgress?: (done: number) => void,
): Promise<VariantRow> {
  const { title, guidance } = variant;
  const entry = samplerNamed(variant.sampler);
  const steps = stepsOf(variant, budget);
  let examples = 0;
  // `generate` hands every sampler a number of steps; of what its denoiser is asked, each call is of a whole batch.
  const sampler: AnySampler = (denoiser, path, xT, options) => {
    const predict: typeof denoiser.predict = (x, ...rest) => {
      examples += x.shape[0] * (guidance === 1 ? 1 : 2);
      return denoiser.predict(x, ...rest);
    };
    return runOnAnyPath(entry, { ...denoiser, predict }, path, xT, { ...options, steps });
  };
  // Graphs are recorded for each size of batch: that is no variant's time.
  const warm = { sampler: samplerNamed("ddim").run as AnySampler, steps: 1, count, seed, guidanceScale: guidance };
  (await generate(model, warm)).dispose();
  const begun = performance.now();
  const images = await generate(model, {
    sampler,
    count,
    seed,
    guidanceScale: guidance,
    ...(onProgress && { onProgress }),
  });
  const seconds = (performance.now() - begun) / 1000 / count;
  const features = featuresOf(images as tf.Tensor4D);
  images.dispose();
  return { title, pictures: "digits", evaluations: examples / count, seconds, ...compared(real, features) };
}

/** The table, real pictures of each kind in italics beneath. */
export function variantMarkdown(
  rows: readonly VariantRow[],
  floors: readonly FloorRow[],
  settings: { readonly budget: number; readonly count: number; readonly seed: number; readonly processor: string },
): string {
  const share = (value: number): string => value.toFixed(3);
  const head = ["variant", "pictures", "evaluations", "s a picture", "Fréchet", "coverage", "precision"];
  const table = markdownTable({
    head,
    right: [false, false, true, true, true, true, true],
    rows: [
      ...rows.map((row) => [
        row.title,
        row.pictures,
        row.evaluations.toFixed(0),
        row.seconds.toPrecision(2),
        row.frechet.toFixed(1),
        share(row.coverage),
        share(row.precision),
      ]),
      ...floors.map((row) => [
        `*${row.title}*`,
        row.pictures,
        "",
        "",
        `*${row.frechet.toFixed(1)}*`,
        `*${share(row.coverage)}*`,
        `*${share(row.precision)}*`,
      ]),
    ],
  });
  const { budget, count, seed, processor } = settings;
  return `${table}\n\nAt most ${budget} evaluations of the network a picture, but for what chooses its steps; ${count} pictures each, seed ${seed}. ${processor}.`;
}
