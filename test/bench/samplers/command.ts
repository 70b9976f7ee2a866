/** `npm run bench -- samplers`: each sampler at equal evaluations of the network. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { firstImages, look, frechetFeatureDistance, recognise, type FeatureSet } from "diffusion-lab/metrics";
import { writeBenchmark } from "../pages.js";
import { samplerMarkdown } from "./report.js";
import { adaptiveRows, samplerRows, type AdaptiveRow, type Judge, type SamplerRow } from "./table.js";
import { gatherImages, indicesOfClasses, loadDigits } from "diffusion-lab/data";
import type { Classifier } from "diffusion-lab/networks";
import { writeFileAtomically } from "diffusion-lab/files";
import { loadClassifier, loadDiffusionModel, labelsFor, modelFolder } from "diffusion-lab/families";
import { finiteNumber, runMain, wholeNumber } from "diffusion-lab/base";

const HELP = `npm run bench -- samplers [options]

Each sampler at 10, 20 and 50 evaluations of the network, and probability-flow at as many as it chooses: its error on a
problem with an exact solution, and how good its digits are (classifier of assets/mnist-classifier: Fréchet distance to
held-out digits, share above 0.9). A model with classes is asked for each in turn. Consistency is left out: its one step
needs a network distilled for it.

Options
  --model NAME   default mnist-unet
  --n N          images for each figure, default 256; 0 leaves the images out
  --guidance W   weight of the class, for a model with classes, default 1: without guidance, one evaluation at a time
  --seed N       default 7
  --write        put the table into docs/benchmarks.md, and its line into README.md
  --out FILE     where all numbers go (default .cache/bench-samplers.json)
`;

const BUDGETS = [10, 20, 50];

await runMain(HELP, async () => {
  const { values } = parseArgs({
    allowPositionals: true,
    options: {
      model: { type: "string", default: "mnist-unet" },
      n: { type: "string" },
      guidance: { type: "string" },
      seed: { type: "string" },
      write: { type: "boolean" },
      out: { type: "string" },
    },
  });
  const count = wholeNumber("--n", values.n, 256, 0);
  const seed = wholeNumber("--seed", values.seed, 7, 0);
  const guidanceScale = finiteNumber("--guidance", values.guidance, 1);
  const model = count > 0 ? loadDiffusionModel(modelFolder(values.model, HELP)) : undefined;
  const real = model && realDigits(count, labelsFor(model, { count }));
  const judge: Judge | undefined = real && {
    model,
    classifier: real.classifier,
    heldOut: real.heldOut,
    count,
    seed,
    guidanceScale,
  };
  const rows: SamplerRow[] = [];
  for (const budget of BUDGETS) {
    for await (const row of samplerRows(budget, judge)) {
      rows.push(row);
      const quality =
        row.frechet === null
          ? ""
          : `  Fréchet ${row.frechet.toFixed(1)}  > 0.9 ${(100 * row.recognised!).toFixed(0)} %`;
      process.stdout.write(
        `${row.sampler.padEnd(18)} ${String(row.evaluations).padStart(3)} evaluations  error ${row.exactError.toExponential(2)}${quality}\n`,
      );
    }
  }
  const adaptive: AdaptiveRow[] = [];
  for await (const row of adaptiveRows(judge)) {
    adaptive.push(row);
    process.stdout.write(
      `${row.sampler.padEnd(18)} ${row.evaluations} evaluations  error ${row.exactError.toExponential(2)}\n`,
    );
  }
  const table = samplerMarkdown({ rows, adaptive, images: judge, floor: real?.floor });
  process.stdout.write(`\n${table}\n`);
  const out = values.out ?? join(".cache", "bench-samplers.json");
  writeFileAtomically(
    out,
    `${JSON.stringify({ count, seed, guidanceScale, floor: real?.floor, rows, adaptive }, null, 2)}\n`,
  );
  if (values.write) writeBenchmark("bench samplers", table);
});

interface RealDigits {
  readonly classifier: Classifier;
  readonly heldOut: FeatureSet;
  /** The same figures for as many real training digits, of the same classes. */
  readonly floor: { readonly recognised: number; readonly frechet: number };
}

function realDigits(count: number, asked: Int32Array | undefined): RealDigits {
  const classifier = loadClassifier(join("assets", "mnist-classifier"));
  const heldOut = loadDigits({ split: "heldOut" });
  const reference = look(classifier, firstImages(heldOut));
  const training = loadDigits({ split: "train" });
  const ofSameClasses = asked
    ? gatherImages(training, indicesOfClasses(training, asked))
    : firstImages(training, count);
  const real = look(classifier, ofSameClasses);
  const floor = {
    recognised: recognise(real.verdicts).share,
    frechet: frechetFeatureDistance(real.features, reference.features),
  };
  return { classifier, heldOut: reference.features, floor };
}
