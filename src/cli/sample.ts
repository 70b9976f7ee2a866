/** `npm run sample`: draws images from a trained model, of whatever family, into one PNG or one each. */
import { extname, join } from "node:path";
import * as tf from "../runtime/tf.js";
import { optional, wholeNumber } from "../base/arguments.js";
import { runMain } from "../base/run-main.js";
import { counted } from "../base/words.js";
import { modelFolder } from "../families/model-choice.js";
import type { GenerativeModel } from "../families/model.js";
import { commitTogether, requireWritable, requireWritableFolder, stageFile } from "../files/index.js";
import { imageGrid, type GridOptions } from "../plot/index.js";
import { fromCaller, readCommand } from "./command-line.js";
import { drawArguments, drawRequest, drawWithProgress, familyOptionsHelp } from "./draw-options.js";
import { openArguments, openModel, openOptionsHelp } from "./open-options.js";

const HELP = `npm run sample -- MODEL [options]

Draws images from a trained model and writes them as one PNG, or as one each.
MODEL is a name in runs/ or assets/, or a folder: one that npm run train or diffusers' save_pretrained wrote.

Options
${familyOptionsHelp}
${openOptionsHelp}
  --n N            number of images, default 64, with --prompt 1
  --prompt TEXT    what to draw, for a model that reads: (words:1.2) in brackets count more, [words] less
  --class N        what to draw, for a model with classes: 0 … 9 of digits; default all in turn
  --seed N         default 0; the same seed gives the same images, whatever --batch is (those of probability-flow differ
                   within its tolerance: the worst image of a batch sets its steps)
  --batch N        images drawn at once, default 64; of a model that reads prompts as its size allows
  --out PLACE      a .png file, for a grid of all images (default samples.png), or a folder, for single ones
  --columns N      images in a row of the grid, default so that it is about square
  --scale N        pixels of the picture for each of an image, across and down; default so that an image of a grid is
                   about 56 wide, and 1 for single ones
`;

/** The most pixels of a picture, a quarter of a billion. */
const MOST_PIXELS = 2 ** 28;

await runMain(HELP, async () => {
  const { values, name } = readCommand("model", {
    ...drawArguments,
    ...openArguments,
    out: { type: "string", default: "samples.png" },
    columns: { type: "string" },
    scale: { type: "string" },
  });
  const { lora, inversion, prediction, heads, ...ofDrawing } = values;
  const request = drawRequest(ofDrawing, { count: 64, seed: 0 });
  const grid: GridOptions = {
    columns: optional(values.columns, (given) => wholeNumber("--columns", given, 1)),
    scale: optional(values.scale, (given) => wholeNumber("--scale", given, 1)),
  };
  const place = placeOf(values.out, grid);

  const folder = modelFolder(name, HELP, name && fromCaller(name));
  const model = openModel(folder, { lora, inversion, prediction, heads });
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort(new Error("stopped by Ctrl-C: no image was written")));
  try {
    requireImages(model, folder);
    requireRoom(model, request.count, grid);
    const title = `${model.describe(request)}, seed ${request.seed}`;
    const images = (await drawWithProgress(model, { ...request, signal: stop.signal }, title)) as tf.Tensor4D;
    place.write(images);
    images.dispose();
  } finally {
    model.dispose();
  }
  const are = request.count === 1 ? "is" : "are";
  process.stdout.write(`${counted(request.count, "image")} ${are} in ${values.out}, drawn by ${folder}\n`);
});

/** @throws RangeError if nothing can be written there */
function placeOf(out: string, { columns, scale }: GridOptions): { write(images: tf.Tensor4D): void } {
  const path = fromCaller(out);
  const extension = extname(path);
  if (extension === ".png") {
    requireWritable(path);
    return { write: (images) => commitTogether([stageFile(path, imageGrid(images, { columns, scale }).png)]) };
  }
  if (extension !== "") {
    throw new RangeError(`--out takes a .png file for a grid, or a folder for single images, got "${out}"`);
  }
  if (columns !== undefined) throw new RangeError("--columns is for a grid: give --out a .png file, or leave it out");
  requireWritableFolder(path);
  return { write: (images) => commitTogether(singleFiles(path, images, scale ?? 1)) };
}

function* singleFiles(folder: string, images: tf.Tensor4D, scale: number) {
  const [count, ...shape] = images.shape;
  const digits = String(count - 1).length;
  for (let i = 0; i < count; i++) {
    const png = tf.tidy(() => imageGrid(tf.slice(images, [i, 0, 0, 0], [1, ...shape]), { scale }).png);
    yield stageFile(join(folder, `${String(i).padStart(digits, "0")}.png`), png);
  }
}

/** @throws RangeError unless what the model draws can be shown in a PNG */
function requireImages({ shape }: GenerativeModel, folder: string): void {
  if (shape.length === 3 && (shape[2] === 1 || shape[2] === 3)) return;
  throw new RangeError(
    `${folder} draws examples of shape [${shape}], which are no pictures of 1 or 3 channels: draw them in a program, ` +
      "loadModel(folder).draw({ count })",
  );
}

/** @throws RangeError if the picture would be larger than one can be made */
function requireRoom({ shape: [height, width] }: GenerativeModel, count: number, { scale = 1 }: GridOptions): void {
  const pixels = count * height * width * scale ** 2;
  if (pixels <= MOST_PIXELS) return;
  throw new RangeError(
    `${counted(count, "image")} of ${height}×${width} at scale ${scale} are ${pixels} pixels, a picture has at most ` +
      `${MOST_PIXELS}: give a smaller --scale or --n`,
  );
}
