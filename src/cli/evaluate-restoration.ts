/** `npm run evaluate` of a model that completes pictures: how near they come to what was there, and to real digits. */
import { join } from "node:path";
import { markdownTable, textTable, type WrittenTable } from "../base/table.js";
import { percent } from "../base/words.js";
import { loadDigits } from "../data/index.js";
import { loadClassifier } from "../families/index.js";
import type { RestorationModel } from "../families/restoration/index.js";
import { writeFileAtomically } from "../files/index.js";
import {
  bootstrapInterval,
  firstImages,
  frechetFeatureDistance,
  type Interval,
  look,
  peakSignalToNoise,
  recognise,
  squaredErrors,
} from "../metrics/index.js";
import type { Classifier } from "../networks/index.js";
import { RandomStream } from "../random/index.js";
import * as tf from "../runtime/tf.js";
import { drawWithProgress } from "./draw-options.js";
import { publishTable } from "./evaluation-report.js";

/** What was made of the same pictures in one way. */
export interface RestorationRow {
  readonly pictures: string;
  readonly n: number;
  /** Of all numbers of a picture, against the original. */
  readonly meanSquaredError: number;
  readonly interval: Interval;
  /** Of what is left of the picture: 0 where the result agrees with what was given. */
  readonly disagreement: number;
  /** Shares recognised above 0.9, and seen as the digit that it was. */
  readonly recognised: number;
  readonly asLabelled: number;
  readonly frechet: number;
}

/**
 * Completes the first held-out digits, and compares with them what the model draws and what needs no model: each pixel four
 * times, or the hole left empty.
 *
 * @throws RangeError for a model of other pictures than digits, or fewer than two of them
 */
export async function evaluateRestoration(
  model: RestorationModel,
  request: { readonly count: number; readonly seed?: number; readonly batchSize?: number },
  { folder, asset, write }: { readonly folder: string; readonly asset: string | undefined; readonly write: boolean },
): Promise<void> {
  const { count, seed = 0 } = request;
  const heldOut = loadDigits({ split: "heldOut" });
  if (count < 2 || count > heldOut.count) throw new RangeError(`--n takes 2 … ${heldOut.count} digits, got ${count}`);
  const originals = model.originals(0, count);
  const drawn = (await drawWithProgress(model, request, model.describe(request))) as tf.Tensor4D;
  const { picture, mask } = model.leftOf(originals, { seed, first: 0 });
  mask?.dispose();
  const channels = originals.shape[3];
  // Of a mask and what it leaves, the latter is black in the hole, as far as a picture is.
  const plain = tf.tidy(() => (mask ? emptied(picture, channels) : (tf.clone(picture) as tf.Tensor4D)));
  const judge = loadClassifier(join("assets", "mnist-classifier"));
  const real = look(judge, firstImages(heldOut, count)).features;
  const labels = heldOut.labels;
  const left = (x: tf.Tensor4D): tf.Tensor4D => {
    const found = model.leftOf(x, { seed, first: 0 });
    found.mask?.dispose();
    return found.picture;
  };
  const row = (pictures: string, made: tf.Tensor4D): RestorationRow => {
    const errors = squaredErrors(originals, made);
    const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const again = left(made);
    const disagreement = mean(squaredErrors(picture, again));
    again.dispose();
    return {
      pictures,
      n: count,
      meanSquaredError: mean(errors),
      interval: bootstrapInterval(errors, mean, new RandomStream(seed, "bootstrap")),
      disagreement,
      ...judged(judge, made, labels, real),
    };
  };
  const rows = [
    row("drawn", drawn),
    row(mask ? "hole left empty" : "each pixel four times", plain),
    row("original", originals),
  ];
  tf.dispose([originals, drawn, picture, plain]);
  judge.dispose();
  const table = restorationTable(rows);
  process.stdout.write(`${textTable(table)}\n`);
  if (!write) return;
  const settings = { count, seed, drawn: model.describe(request) };
  writeFileAtomically(join(folder, "evaluation.json"), `${JSON.stringify({ settings, rows }, null, 2)}\n`);
  if (asset !== undefined) publishTable(asset, markdownTable(table));
}

/** The known part of a picture beside −1 in the hole, from mask and masked picture. */
function emptied(condition: tf.Tensor4D, channels: number): tf.Tensor4D {
  const [mask, known] = tf.split(condition, [1, channels], -1);
  return tf.sub(known, mask) as tf.Tensor4D;
}

function judged(
  judge: Classifier,
  made: tf.Tensor4D,
  labels: ArrayLike<number>,
  real: Parameters<typeof frechetFeatureDistance>[0],
) {
  // The judge's look takes its pictures with it.
  const { features, verdicts } = look(judge, tf.clone(made));
  const { share, classes, count } = recognise(verdicts);
  return {
    recognised: share,
    asLabelled: classes.filter((seen, i) => seen === labels[i]).length / count,
    frechet: frechetFeatureDistance(features, real),
  };
}

/** A line for each way. */
export function restorationTable(rows: readonly RestorationRow[]): WrittenTable {
  const number = (value: number): string => value.toFixed(4);
  return {
    head: ["pictures", "n", "MSE", "95 %", "PSNR dB", "error of what was given", "> 0.9", "as labelled", "Fréchet"],
    rows: rows.map((row) => [
      row.pictures,
      String(row.n),
      number(row.meanSquaredError),
      `${number(row.interval.low)} … ${number(row.interval.high)}`,
      row.meanSquaredError === 0 ? "–" : peakSignalToNoise(row.meanSquaredError).toFixed(2),
      number(row.disagreement),
      percent(row.recognised),
      percent(row.asLabelled),
      row.frechet.toFixed(1),
    ]),
  };
}
