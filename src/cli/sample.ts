import { parseArgs } from "node:util";
import { requireWritable, writeFileAtomically } from "../files/index.js";
import { imageGrid } from "../plot/index.js";
import { loadDiffusionModel } from "../families/index.js";
import { finiteNumber, optional, wholeNumber } from "../base/arguments.js";
import { DEFAULT_STEPS, generate, GUIDANCE_SCALE } from "../families/diffusion/generate.js";
import { modelFolder } from "../families/model-choice.js";
import { ProgressLine } from "../base/progress-line.js";
import { runMain } from "../base/run-main.js";
import { chooseSampler, samplerList } from "./sampler-choice.js";

const HELP = `npm run sample -- MODEL [options]

Draws images from a trained model and writes them as one PNG.
MODEL is a name in assets/ or runs/, or a folder with config.json and weights.

Options
  --sampler NAME   default ddim; one of
${samplerList()}
  --steps N        default ${DEFAULT_STEPS}; some samplers choose their own
  --eta X          noise of ddim, 0 … 1, default 0
  --n N            number of images, default 64
  --class N        what to draw, for a model with classes: 0 … 9 of digits; default all in turn
  --guidance W     weight of the class in classifier-free guidance, default ${GUIDANCE_SCALE}; 1 is without, in half the time
  --seed N         default 0; the same seed gives the same images, whatever --batch is (those of probability-flow differ
                   within its tolerance: the worst image of a batch sets its steps)
  --batch N        images drawn at once, default 64
  --out FILE       default samples.png
`;

await runMain(HELP, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      sampler: { type: "string", default: "ddim" },
      steps: { type: "string" },
      eta: { type: "string" },
      n: { type: "string" },
      class: { type: "string" },
      guidance: { type: "string" },
      seed: { type: "string" },
      batch: { type: "string" },
      out: { type: "string", default: "samples.png" },
    },
  });
  const given = optional(values.steps, (text) => wholeNumber("--steps", text, DEFAULT_STEPS));
  const { sampler, pace, steps } = chooseSampler(values.sampler, {
    eta: finiteNumber("--eta", values.eta, 0),
    steps: given,
  });
  const count = wholeNumber("--n", values.n, 64);
  const seed = wholeNumber("--seed", values.seed, 0, 0);
  const batchSize = wholeNumber("--batch", values.batch, 64);
  const label = optional(values.class, (given) => wholeNumber("--class", given, 0, 0));
  const guidanceScale = optional(values.guidance, (given) => finiteNumber("--guidance", given, 1));
  if (!values.out.endsWith(".png")) throw new RangeError(`--out takes the name of a .png file, got "${values.out}"`);
  requireWritable(values.out);

  const folder = modelFolder(positionals[0], HELP);
  const model = loadDiffusionModel(folder);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort(new Error("stopped by Ctrl-C: no image was written")));
  const line = new ProgressLine(count);
  try {
    const images = await generate(model, {
      sampler,
      steps: steps ?? DEFAULT_STEPS,
      count,
      seed,
      batchSize,
      label,
      guidanceScale,
      signal: stop.signal,
      onProgress: (done) => line.show(Math.floor(done * count), `${values.sampler}, ${pace}, seed ${seed}`),
    });
    writeFileAtomically(values.out, imageGrid(images).png);
    images.dispose();
  } finally {
    line.end();
    model.dispose();
  }
  process.stdout.write(`${count} images are in ${values.out}, drawn by ${folder}\n`);
});
