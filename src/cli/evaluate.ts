/** `npm run evaluate`: has the digit classifier judge what a model draws, beside real digits. */
import { join } from "node:path";
import * as tf from "../runtime/tf.js";
import { sizeOf } from "../base/shape.js";
import { runMain } from "../base/run-main.js";
import { gatherImages, indicesOfClasses, loadDigits } from "../data/index.js";
import {
  isClipFolder,
  isDetectorFolder,
  loadClassifier,
  type AutoencoderModel,
  type LatentModel,
} from "../families/index.js";
import { familyOf, loadModel } from "../families/list.js";
import type { RestorationModel } from "../families/restoration/index.js";
import { modelFolder } from "../families/model-choice.js";
import type { GenerativeModel } from "../families/model.js";
import { requireWritable, writeFileAtomically } from "../files/index.js";
import { firstImages, look, type Seen } from "../metrics/judge.js";
import { frechetFeatureDistance, recognise } from "../metrics/index.js";
import type { Classifier } from "../networks/index.js";
import { bitsPerDimension } from "../numeric/index.js";
import { fromCaller, readCommand } from "./command-line.js";
import { evaluateAutoencoder } from "./evaluate-autoencoder.js";
import { evaluateCaptions } from "./evaluate-captions.js";
import { evaluateClip } from "./evaluate-clip.js";
import { drawArguments, drawRequest, drawWithProgress, familyOptionsHelp } from "./draw-options.js";
import { evaluateDetector } from "./evaluate-detector.js";
import { evaluateRestoration } from "./evaluate-restoration.js";
import {
  bitsText,
  evaluationText,
  publishEvaluation,
  type BitsOfDigits,
  type Evaluation,
  type Judgement,
} from "./evaluation-report.js";

const CLASSIFIER = join("assets", "mnist-classifier");

const HELP = `npm run evaluate -- MODEL [options]

Draws images and has the digit classifier of assets/mnist-classifier judge them, beside as many real held-out digits:
the share it recognises with a probability above 0.9, the classes it sees, and the Fréchet distance between the
classifier's features of these images and of the held-out digits, beside the distance between real and real. Of a model
with classes, also the share that is seen as the class asked for (of real digits, as their label), and the training digits
beside it are of the same classes. Of a model that gives 8-bit images a likelihood, also its bits a dimension on held-out
and training digits: −ln P/(784·ln 2) of their grey levels.

Of digit-detector, the judge of text to image: what it reads in real pictures of coloured digits by other hands, fact by fact
and whole captions, with 95 % intervals (--n pictures, default 2000; --seed, --write).

Of tiny-stable-diffusion, whether pictures show what their captions ask for, read by digit-detector: a closed world of digits,
colours and places, in English and Chinese, at guidance 1, 2, 4 and 7 (or --guidance alone), with pairs of facts that training
never shows and with two colours exchanged; real and reconstructed pictures beside them are the ceiling. --n captions a set,
default 1000: seven sets, some ten minutes of two idle cores. Ctrl-C keeps the sets that are done.

Of emoji-clip, which captions it finds for drawings that it never saw and which drawings for captions, in both languages, beside
what guessing finds (--write).

Of digit-super-resolution and digit-inpainting, completes n held-out digits: error against them, agreement with what was
given, and what the classifier sees, beside what needs no model.

Of an autoencoder, reconstructs n held-out pictures: mean squared error with its 95 % interval, peak signal-to-noise ratio,
the share of high frequencies in both, and how much of the detail of each scale is lost.

Options
${familyOptionsHelp}
  --n N            images, default 1000, at most 1000 (the held-out digits; of an autoencoder any number)
  --seed N         default 7
  --batch N        images drawn at once, default 64
  --write          keep the figures in the model's folder as evaluation.json; of a checkpoint in assets/, also in
                   docs/benchmarks.md and README.md where they have a place for them
`;

await runMain(HELP, async () => {
  const { n, seed, batch, class: _one, prompt: _text, ...ofFamilies } = drawArguments;
  const { values, name } = readCommand("model", { n, seed, batch, ...ofFamilies, write: { type: "boolean" } });
  const folder = modelFolder(name, HELP, name && fromCaller(name));
  // The pages speak of the checkpoints of this repository, not of a run of one's own.
  const asset = name !== undefined && folder === join("assets", name) ? name : undefined;
  if (isDetectorFolder(folder)) {
    evaluateDetector(folder, values, asset);
    return;
  }
  if (isClipFolder(folder)) {
    await evaluateClip(folder, values, asset);
    return;
  }
  if (familyOf(folder).name === "latent") {
    const model = loadModel(folder) as LatentModel;
    await evaluateCaptions(model, values, { folder, asset });
    model.dispose();
    return;
  }
  const request = drawRequest(values, { count: 1000, seed: 7 });
  const { count } = request;
  if (values.write) requireWritable(join(folder, "evaluation.json"));
  if (familyOf(folder).name === "autoencoder") {
    const autoencoder = loadModel(folder) as AutoencoderModel;
    await evaluateAutoencoder(autoencoder, request, { folder, write: values.write === true });
    autoencoder.dispose();
    return;
  }
  if (familyOf(folder).name === "restoration") {
    const restoring = loadModel(folder) as RestorationModel;
    await evaluateRestoration(restoring, request, { folder, asset, write: values.write === true });
    restoring.dispose();
    return;
  }
  const heldOut = loadDigits({ split: "heldOut" });
  if (count < 2 || count > heldOut.count) {
    throw new RangeError(`--n is compared with as many held-out digits: 2 … ${heldOut.count}, got ${count}`);
  }

  const model = loadModel(folder);
  const judge = loadClassifier(CLASSIFIER);
  requireDigits(model, judge, folder);
  const drawn = `${model.describe(request)}, seed ${request.seed}`;
  const begun = performance.now();
  const generated = (await drawWithProgress(model, request, drawn)) as tf.Tensor4D;
  const seconds = Math.round((performance.now() - begun) / 1000);

  const asked = classesInTurn(model, count);
  const training = loadDigits({ split: "train" });
  const trainingImages = asked
    ? gatherImages(training, indicesOfClasses(training, asked))
    : firstImages(training, count);
  const real = look(judge, firstImages(heldOut, count));
  const rows: Evaluation = [
    judgement(`generated (${drawn})`, look(judge, generated), asked, real),
    judgement("real, training", look(judge, trainingImages), asked ?? training.labels, real),
    judgement("real, held out", real, heldOut.labels),
  ];
  const bits = await bitsOfDigits(model, count);
  model.dispose();
  judge.dispose();
  process.stdout.write(`${evaluationText(rows)}\n${bits ? `${bitsText(bits)}\n` : ""}`);
  if (values.write) {
    const { batchSize: _any, ...settings } = request;
    const content = {
      settings: { ...settings, drawn, seconds, threshold: 0.9, classifier: CLASSIFIER },
      rows,
      ...(bits && { bitsPerDimension: bits }),
    };
    writeFileAtomically(join(folder, "evaluation.json"), `${JSON.stringify(content, null, 2)}\n`);
    if (asset !== undefined) publishEvaluation(asset, rows, bits);
  }
});

/** @throws RangeError unless the classifier can look at what the model draws */
function requireDigits({ shape }: GenerativeModel, { config }: Classifier, folder: string): void {
  const wanted = [config.height, config.width, config.in_channels];
  if (shape.length === 3 && shape.every((size, i) => size === wanted[i])) return;
  throw new RangeError(`${folder} draws examples of shape [${shape}]; the classifier of digits looks at [${wanted}]`);
}

/** Bits a dimension of the first `count` digits of each part; undefined of a model that gives grey levels no likelihood. */
async function bitsOfDigits(model: GenerativeModel, count: number): Promise<BitsOfDigits | undefined> {
  if (!model.logLikelihood || model.likelihoodOf !== "grey levels") return undefined;
  const mean = async (split: "train" | "heldOut"): Promise<number> => {
    const images = firstImages(loadDigits({ split }), count);
    const logLikelihoods = tf.tensor1d(Float32Array.from(await model.logLikelihood!(images)));
    const bits = tf.tidy(() => tf.mean(bitsPerDimension(logLikelihoods, sizeOf(model.shape))).dataSync()[0]);
    tf.dispose([images, logLikelihoods]);
    return bits;
  };
  return { n: count, heldOut: await mean("heldOut"), training: await mean("train") };
}

/** What a model with classes draws where nothing is asked for. */
function classesInTurn({ conditions }: GenerativeModel, count: number): Int32Array | undefined {
  const found = Object.values(conditions).find(({ kind }) => kind === "class");
  if (found?.kind !== "class") return undefined;
  return Int32Array.from({ length: count }, (_, i) => i % found.classes);
}

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
