/** `npm run sample`: draws images from a trained model, of whatever family, into one PNG. */
import { parseArgs } from "node:util";
import type * as tf from "../runtime/tf.js";
import { ProgressLine } from "../base/progress-line.js";
import { runMain } from "../base/run-main.js";
import { loadModel } from "../families/list.js";
import { modelFolder } from "../families/model-choice.js";
import type { GenerativeModel } from "../families/model.js";
import { requireWritable, writeFileAtomically } from "../files/index.js";
import { imageGrid } from "../plot/index.js";
import { drawArguments, drawRequest, familyOptionsHelp } from "./draw-options.js";

const HELP = `npm run sample -- MODEL [options]

Draws images from a trained model and writes them as one PNG.
MODEL is a name in runs/ or assets/, or a folder: one that npm run train or diffusers' save_pretrained wrote.

Options
${familyOptionsHelp}
  --n N            number of images, default 64
  --class N        what to draw, for a model with classes: 0 … 9 of digits; default all in turn
  --seed N         default 0; the same seed gives the same images, whatever --batch is (those of probability-flow differ
                   within its tolerance: the worst image of a batch sets its steps)
  --batch N        images drawn at once, default 64
  --out FILE       default samples.png
`;

await runMain(HELP, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { ...drawArguments, out: { type: "string", default: "samples.png" } },
  });
  const request = drawRequest(values, { count: 64, seed: 0 });
  const { count, seed } = request;
  if (!values.out.endsWith(".png")) throw new RangeError(`--out takes the name of a .png file, got "${values.out}"`);
  requireWritable(values.out);

  const folder = modelFolder(positionals[0], HELP);
  const model = loadModel(folder);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort(new Error("stopped by Ctrl-C: no image was written")));
  const line = new ProgressLine(count);
  try {
    requireImages(model, folder);
    const title = `${model.describe(request)}, seed ${seed}`;
    const onProgress = (done: number): void => line.show(Math.floor(done * count), title);
    const images = (await model.draw({ ...request, signal: stop.signal, onProgress })) as tf.Tensor4D;
    writeFileAtomically(values.out, imageGrid(images).png);
    images.dispose();
  } finally {
    line.end();
    model.dispose();
  }
  process.stdout.write(`${count} images are in ${values.out}, drawn by ${folder}\n`);
});

/** @throws RangeError unless what the model draws can be shown in a PNG */
function requireImages({ shape }: GenerativeModel, folder: string): void {
  if (shape.length === 3 && (shape[2] === 1 || shape[2] === 3)) return;
  throw new RangeError(
    `${folder} draws examples of shape [${shape}], which are no pictures of 1 or 3 channels: draw them in a program, ` +
      "loadModel(folder).draw({ count })",
  );
}
