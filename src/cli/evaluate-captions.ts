/** `npm run evaluate -- tiny-stable-diffusion`: whether pictures show what their captions ask for, by an independent judge. */
import { join } from "node:path";
import { finiteNumber, optional, wholeNumber } from "../base/arguments.js";
import { requireKnownKeys } from "../base/check.js";
import { ProgressLine } from "../base/progress-line.js";
import { counted } from "../base/words.js";
import { loadDetector, readCompositions, type LatentModel } from "../families/index.js";
import { modelFolder } from "../families/model-choice.js";
import { requireWritable, writeFileAtomically } from "../files/index.js";
import * as tf from "../runtime/tf.js";
import { publishTable } from "./evaluation-report.js";
import { obedienceReport } from "./obedience/report.js";
import { digestOf, fileStore } from "./obedience/store.js";
import { costOf, studyObedience, type Studied } from "./obedience/study.js";

const DETECTOR = "digit-detector";
const SCALES = [1, 2, 4, 7];
const KNOWN = { n: true, seed: true, batch: true, steps: true, sampler: true, guidance: true, write: true } as const;

/** What a caption's study is asked for on the command line. */
type Values = Readonly<Record<string, string | boolean | undefined>>;

/**
 * Draws captions in two languages at several scales of guidance, with pairs that training never shows and with colours
 * exchanged, and prints what a detector reads in them, beside real pictures and reconstructed ones. What is finished stays
 * in .cache/obedience, so that the same command goes on after Ctrl-C.
 *
 * @throws RangeError for an option that this has not, one out of range, a model of other pictures, or without a detector
 */
export async function evaluateCaptions(
  model: LatentModel,
  values: Values,
  { folder, asset }: { readonly folder: string; readonly asset: string | undefined },
): Promise<void> {
  requireKnownKeys<Record<string, unknown>>("the evaluation of a model of captions", values, KNOWN);
  const text = (name: keyof typeof KNOWN): string | undefined => values[name] as string | undefined;
  const n = wholeNumber("--n", text("n"), 1000, 4);
  const seed = wholeNumber("--seed", text("seed"), 7, 0);
  const batchSize = wholeNumber("--batch", text("batch"), 64);
  const scales = text("guidance") === undefined ? SCALES : [finiteNumber("--guidance", text("guidance"), 0)];
  const how = {
    ...(values["sampler"] !== undefined && { sampler: text("sampler")! }),
    ...(values["steps"] !== undefined && {
      steps: optional(text("steps"), (given) => wholeNumber("--steps", given, 1))!,
    }),
  };
  const by = model.describe({ count: 1, seed, guidance: 1, ...how });
  if (model.shape.join() !== "32,32,3") {
    throw new RangeError(`${folder} draws pictures of shape [${model.shape}]; the judge of captions reads [32,32,3]`);
  }
  const path = join(folder, "evaluation.json");
  if (values["write"]) requireWritable(path);
  const judge = modelFolder(DETECTOR, "");
  const detector = loadDetector(judge);
  const settings = { n, seed, by, batchSize };
  const kept = join(".cache", "obedience", `${digestOf([folder, judge], settings)}.json`);
  const store = fileStore(kept);
  if (store.size > 0) process.stdout.write(`${counted(store.size, "set")} of pictures are known from a run before\n`);

  const stop = new AbortController();
  const onInterrupt = (): void =>
    stop.abort(new Error(`stopped; what is finished is in ${kept}: the same command goes on`));
  process.once("SIGINT", onInterrupt);
  const studied: Studied = {
    draw: (captions, { guidance, seed: first, onProgress }) =>
      model.draw({
        count: captions.length,
        seed: first,
        batchSize,
        condition: { prompt: captions },
        guidance,
        ...how,
        signal: stop.signal,
        onProgress,
      }) as Promise<tf.Tensor4D>,
    reconstruct: (pictures) => reconstructed(model, pictures),
    read: (pictures) => {
      stop.signal.throwIfAborted();
      return readCompositions(detector, pictures);
    },
  };
  const options = { n, seed, scales, batchSize };
  let line: ProgressLine | undefined;
  try {
    const findings = await studyObedience(studied, options, store, (done, what) => {
      // What a run before has done tells nothing of this one's pace.
      line ??= new ProgressLine(costOf(options), done);
      line.show(done, what);
    });
    line?.end();
    const drawn = { n, seed, by };
    process.stdout.write(`${obedienceReport(findings, drawn, "text")}\n`);
    if (!values["write"]) return;
    const content = {
      settings: { n, seed, drawn: by, scales, judge, languages: "en where even, zh where odd" },
      findings,
    };
    writeFileAtomically(path, `${JSON.stringify(content, null, 2)}\n`);
    if (asset !== undefined) publishTable(asset, obedienceReport(findings, drawn));
  } finally {
    process.off("SIGINT", onInterrupt);
    detector.dispose();
  }
}

/** What is left of pictures once they were latents, those of their means. */
function reconstructed({ parts: { vae } }: LatentModel, pictures: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => tf.clipByValue(vae.decode(vae.encode(pictures).mean), -1, 1));
}
