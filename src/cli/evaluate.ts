import { join } from "node:path";
import { parseArgs } from "node:util";
import { firstImages, look, type Seen } from "../metrics/judge.js";
import { gatherImages, indicesOfClasses, loadDigits } from "../data/index.js";
import { frechetFeatureDistance, recognise } from "../metrics/index.js";
import { writeFileAtomically } from "../files/index.js";
import { loadClassifier, loadDiffusionModel } from "../families/index.js";
import { finiteNumber, optional, wholeNumber } from "../base/arguments.js";
import { DEFAULT_STEPS, generate, GUIDANCE_SCALE, labelsFor } from "../families/diffusion/generate.js";
import { modelFolder } from "../families/model-choice.js";
import { ProgressLine } from "../base/progress-line.js";
import { runMain } from "../base/run-main.js";
import { evaluationText, publishEvaluation, type Evaluation, type Judgement } from "./evaluation-report.js";
import { chooseSampler, samplerList } from "./sampler-choice.js";

const HELP = `npm run evaluate -- MODEL [options]

Draws images and has the digit classifier of assets/mnist-classifier judge them, beside as many real held-out digits:
the share it recognises with a probability above 0.9, the classes it sees, and the Fréchet distance between the
classifier's features of these images and of the held-out digits, beside the distance between real and real. Of a model
with classes, also the share that is seen as the class asked for (of real digits, as their label), and the training digits
beside it are of the same classes.

Options
  --sampler NAME   default ddim; one of
${samplerList()}
  --steps N        default ${DEFAULT_STEPS}; some samplers choose their own
  --eta X          noise of ddim, 0 … 1, default 0
  --guidance W     weight of the class, for a model with classes, default ${GUIDANCE_SCALE}; 1 is without guidance
  --n N            images, default 1000, at most 1000 (the held-out digits)
  --seed N         default 7
  --write          keep the figures in the model's folder as evaluation.json; of a checkpoint in assets/, also in
                   docs/benchmarks.md and README.md where they have a place for them
`;

await runMain(HELP, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      sampler: { type: "string", default: "ddim" },
      steps: { type: "string" },
      eta: { type: "string" },
      guidance: { type: "string" },
      n: { type: "string" },
      seed: { type: "string" },
      write: { type: "boolean" },
    },
  });
  const given = optional(values.steps, (text) => wholeNumber("--steps", text, DEFAULT_STEPS));
  const { sampler, pace, steps } = chooseSampler(values.sampler, {
    eta: finiteNumber("--eta", values.eta, 0),
    steps: given,
  });
  const seed = wholeNumber("--seed", values.seed, 7, 0);
  const guidanceScale = optional(values.guidance, (given) => finiteNumber("--guidance", given, 1));
  const n = wholeNumber("--n", values.n, 1000, 2);
  const heldOut = loadDigits({ split: "heldOut" });
  if (n > heldOut.count)
    throw new RangeError(`--n is compared with as many held-out digits: at most ${heldOut.count}, got ${n}`);

  const folder = modelFolder(positionals[0], HELP);
  const model = loadDiffusionModel(folder);
  const judge = loadClassifier(join("assets", "mnist-classifier"));
  const line = new ProgressLine(n);
  const begun = performance.now();
  const generated = await generate(model, {
    sampler,
    steps: steps ?? DEFAULT_STEPS,
    count: n,
    seed,
    guidanceScale,
    onProgress: (done) => line.show(Math.floor(done * n), `${values.sampler}, ${pace}`),
  }).finally(() => line.end());
  const seconds = Math.round((performance.now() - begun) / 1000);

  const asked = labelsFor(model, { count: n });
  const training = loadDigits({ split: "train" });
  const trainingImages = asked ? gatherImages(training, indicesOfClasses(training, asked)) : firstImages(training, n);
  const real = look(judge, firstImages(heldOut, n));
  const guidance = model.classes > 0 ? `, guidance ${guidanceScale ?? GUIDANCE_SCALE}` : "";
  const title = `generated (${values.sampler}, ${pace}${guidance}, seed ${seed})`;
  const rows: Evaluation = [
    judgement(title, look(judge, generated), asked, real),
    judgement("real, training", look(judge, trainingImages), asked ?? training.labels, real),
    judgement("real, held out", real, heldOut.labels),
  ];
  model.dispose();
  judge.dispose();
  process.stdout.write(`${evaluationText(rows)}\n`);
  if (values.write) {
    const settings = {
      sampler: values.sampler,
      steps,
      guidanceScale: model.classes > 0 ? (guidanceScale ?? GUIDANCE_SCALE) : null,
      seed,
      n,
      seconds,
      threshold: 0.9,
      classifier: "assets/mnist-classifier",
    };
    writeFileAtomically(join(folder, "evaluation.json"), `${JSON.stringify({ settings, rows }, null, 2)}\n`);
    // The pages speak of the checkpoints of this repository, not of a run of one's own.
    if (folder === join("assets", positionals[0])) publishEvaluation(positionals[0], rows);
  }
});

function judgement(
  images: string,
  { features, verdicts }: Seen,
  asked: ArrayLike<number> | undefined,
  reference?: Seen,
): Judgement {
  const { share, histogram, count, classes } = recognise(verdicts);
  const asAsked = asked ? classes.filter((seen, i) => seen === asked[i]).length / count : null;
  const distance = reference ? frechetFeatureDistance(features, reference.features) : null;
  return { images, n: count, recognised: share, asAsked, histogram: [...histogram], frechetToHeldOut: distance };
}
