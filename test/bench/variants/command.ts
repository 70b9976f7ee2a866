/** `npm run bench -- variants`: DDPM, DDIM, score SDE, probability-flow ODE, guidance and latent diffusion on one budget. */
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { counted, percent, ProgressLine, runMain, wholeNumber } from "diffusion-lab/base";
import { gatherImages, indicesOfClasses, loadDigits } from "diffusion-lab/data";
import {
  labelsFor,
  LatentModel,
  loadClassifier,
  loadDetector,
  loadDiffusionModel,
  loadModel,
  modelFolder,
} from "diffusion-lab/families";
import { requireWritable, writeFileAtomically } from "diffusion-lab/files";
import { featuresOf, firstImages, type FeatureSet } from "diffusion-lab/metrics";
import type { Classifier } from "diffusion-lab/networks";
import type { tf } from "diffusion-lab/runtime";
import { writeBenchmark } from "../pages.js";
import { latentRow } from "./captions.js";
import { compared, stepsOf, variantMarkdown, variantRow, variants, type FloorRow, type VariantRow } from "./table.js";

const HELP = `npm run bench -- variants [options]

The variants of diffusion on one budget of evaluations of the network: DDPM, DDIM, the reversed score SDE, the
probability-flow ODE and classifier-free guidance, all drawn from mnist-unet, and latent diffusion drawn from
tiny-stable-diffusion, where that is trained. For each: evaluations and seconds a picture, Fréchet distance to as many
real pictures, coverage (the share of real pictures that lie where the drawn ones do) and precision. About 5 minutes.

Options
  --n N          pictures of each, default 500, at most 1000
  --budget N     evaluations a picture, default 50
  --seed N       default 7
  --model NAME   default mnist-unet
  --latent NAME  default tiny-stable-diffusion; none leaves it out
  --write        put the table into docs/benchmarks.md, and its line into README.md
  --out FILE     where all numbers go (default .cache/bench-variants.json)
`;

await runMain(HELP, async () => {
  const { values } = parseArgs({
    args: process.argv.slice(3),
    options: {
      n: { type: "string" },
      budget: { type: "string" },
      seed: { type: "string" },
      model: { type: "string", default: "mnist-unet" },
      latent: { type: "string", default: "tiny-stable-diffusion" },
      write: { type: "boolean" },
      out: { type: "string", default: join(".cache", "bench-variants.json") },
    },
  });
  const count = wholeNumber("--n", values.n, 500, 8);
  const budget = wholeNumber("--budget", values.budget, 50);
  const seed = wholeNumber("--seed", values.seed, 7, 0);
  requireWritable(values.out);
  for (const variant of variants) stepsOf(variant, budget);
  const heldOut = loadDigits({ split: "heldOut" });
  if (count > heldOut.count)
    throw new RangeError(`--n is compared with as many held-out digits: at most ${heldOut.count}`);
  const latentFolder = latentPlace(values.latent);
  const model = loadDiffusionModel(modelFolder(values.model, HELP));
  const classifier = loadClassifier(join("assets", "mnist-classifier"));
  const judged = {
    count,
    seed,
    featuresOf: (images: tf.Tensor4D) => classifierFeatures(classifier, images),
    real: disposing(firstImages(heldOut, count), (images) => classifierFeatures(classifier, images)),
  };

  const parts = variants.length + (latentFolder ? 1 : 0);
  const line = new ProgressLine(parts * count);
  const rows: VariantRow[] = [];
  const tell = (title: string) => (done: number) =>
    line.show((rows.length + done) * count, `${percent(done, 0)}  ${title}`);
  for (const variant of variants) rows.push(await variantRow(model, variant, budget, judged, tell(variant.title)));
  const training = loadDigits({ split: "train" });
  const asked = labelsFor(model, { count });
  const others = asked ? gatherImages(training, indicesOfClasses(training, asked)) : firstImages(training, count);
  const floors: FloorRow[] = [
    { title: "real, training", pictures: "digits", ...compared(judged.real, disposing(others, judged.featuresOf)) },
  ];
  model.dispose();
  classifier.dispose();
  if (latentFolder) {
    const { row, floor } = await drawnByLatent(latentFolder, { budget, count, seed }, tell("latent"));
    rows.push(row);
    floors.push(floor);
  } else if (values.latent !== "none") {
    process.stdout.write(`latent diffusion is left out: make it with npm run train -- ${values.latent}\n`);
  }
  line.show(parts * count, "done");
  line.end();

  const processor = `${counted(cpus().length, "core")}, ${cpus()[0]?.model ?? "unknown"}`;
  const table = variantMarkdown(rows, floors, { budget, count, seed, processor });
  process.stdout.write(`${table}\n`);
  writeFileAtomically(values.out, `${JSON.stringify({ count, budget, seed, processor, rows, floors }, null, 2)}\n`);
  if (values.write) writeBenchmark("bench variants", table);
});

async function drawnByLatent(
  folder: string,
  options: Parameters<typeof latentRow>[2],
  onProgress: (done: number) => void,
): ReturnType<typeof latentRow> {
  const model = loadModel(folder);
  if (!(model instanceof LatentModel))
    throw new RangeError(`${folder} is of family ${model.family}, --latent takes one of latent diffusion`);
  const detector = loadDetector(modelFolder("digit-detector", HELP));
  try {
    return await latentRow(model, detector, options, onProgress);
  } finally {
    model.dispose();
    detector.dispose();
  }
}

/** Undefined where the usual one is not trained yet; one that was named must be there. */
function latentPlace(name: string): string | undefined {
  if (name === "none") return undefined;
  try {
    return modelFolder(name, HELP);
  } catch (error) {
    if (name !== "tiny-stable-diffusion") throw error;
    return undefined;
  }
}

function classifierFeatures(classifier: Classifier, images: tf.Tensor4D): FeatureSet {
  return disposing(classifier.features(images), featuresOf);
}

function disposing<T extends tf.Tensor, R>(tensor: T, read: (tensor: T) => R): R {
  try {
    return read(tensor);
  } finally {
    tensor.dispose();
  }
}
