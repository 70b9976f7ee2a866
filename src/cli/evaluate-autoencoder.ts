/** What `npm run evaluate` says of an autoencoder: what its reconstructions of pictures have lost. */
import { join } from "node:path";
import { textTable } from "../base/table.js";
import { percent } from "../base/words.js";
import { ProgressLine } from "../base/progress-line.js";
import { AutoencoderModel } from "../families/index.js";
import { namedPictures } from "../families/autoencoder/named-pictures.js";
import { writeFileAtomically } from "../files/index.js";
import {
  bootstrapInterval,
  type DetailBand,
  highFrequencyShare,
  type Interval,
  lostDetail,
  peakSignalToNoise,
  squaredErrors,
} from "../metrics/index.js";
import { RandomStream } from "../random/index.js";
import * as tf from "../runtime/tf.js";

/** The reconstructions of some pictures beside the pictures. */
export interface ReconstructionRow {
  readonly pictures: string;
  readonly n: number;
  /** Mean over pictures, and its 95 % interval. */
  readonly meanSquaredError: number;
  readonly interval: Interval;
  /** Of the mean squared error, in dB. */
  readonly peakSignalToNoise: number;
  /** Share of the energy above half the highest frequency: originals, reconstructions. */
  readonly highFrequency: readonly [originals: number, copies: number];
  readonly detail: readonly DetailBand[];
}

/**
 * Reconstructs held-out pictures, as dense as those of the training and as a diffusion model will see them, and prints
 * their errors; `write` keeps them in the model's folder as evaluation.json.
 *
 * @throws RangeError for a model that says no pictures, or fewer than two of them
 */
export async function evaluateAutoencoder(
  model: AutoencoderModel,
  { count, seed = 0, batchSize = 64 }: { readonly count: number; readonly seed?: number; readonly batchSize?: number },
  place: { readonly folder: string; readonly write: boolean },
): Promise<void> {
  const { trainedOn } = model;
  if (trainedOn === undefined) {
    throw new RangeError(
      `${place.folder} does not say which pictures it was trained on: compare pictures of your own, ` +
        "squaredErrors(x, model.reconstruct(x))",
    );
  }
  if (count < 2) throw new RangeError(`an interval needs at least two pictures, got --n ${count}`);
  const rows: ReconstructionRow[] = [];
  for (const [part, about] of [
    ["heldOut", "held out, dense"],
    ["heldOutSparse", "held out, as captioned"],
  ] as const) {
    const pictures = namedPictures[trainedOn](part, seed);
    const line = new ProgressLine(count);
    const [originals, copies] = tf.tidy(() => {
      const parts = [];
      for (let first = 0; first < count; first += batchSize) {
        const numbers = Array.from({ length: Math.min(batchSize, count - first) }, (_, i) => first + i);
        const shape = [numbers.length, ...pictures.shape] as [number, number, number, number];
        const x = tf.tensor4d(pictures.pictures(numbers), shape);
        parts.push([x, model.reconstruct(x)] as const);
        line.show(first + numbers.length, about);
      }
      return [tf.concat(parts.map(([x]) => x)), tf.concat(parts.map(([, y]) => y))] as const;
    });
    line.end();
    rows.push(rowOf(about, originals, copies, seed));
    tf.dispose([originals, copies]);
  }
  process.stdout.write(`${reconstructionText(rows)}\n`);
  if (!place.write) return;
  const content = { settings: { count, seed, trainedOn }, rows };
  writeFileAtomically(join(place.folder, "evaluation.json"), `${JSON.stringify(content, null, 2)}\n`);
}

function rowOf(pictures: string, originals: tf.Tensor, copies: tf.Tensor, seed: number): ReconstructionRow {
  const errors = squaredErrors(originals, copies);
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    pictures,
    n: errors.length,
    meanSquaredError: mean(errors),
    interval: bootstrapInterval(errors, mean, new RandomStream(seed, "bootstrap")),
    peakSignalToNoise: peakSignalToNoise(mean(errors)),
    highFrequency: [highFrequencyShare(originals), highFrequencyShare(copies)],
    detail: lostDetail(originals, copies),
  };
}

/** A table of the errors, and one of the detail of each scale. */
export function reconstructionText(rows: readonly ReconstructionRow[]): string {
  const number = (value: number): string => value.toFixed(5);
  const errors = textTable({
    head: ["pictures", "n", "MSE", "95 %", "PSNR dB", "high frequencies", "of the copies"],
    rows: rows.map(({ pictures, n, meanSquaredError, interval, peakSignalToNoise, highFrequency: [x, y] }) => [
      pictures,
      String(n),
      number(meanSquaredError),
      `${number(interval.low)} … ${number(interval.high)}`,
      peakSignalToNoise.toFixed(2),
      percent(x, 2),
      percent(y, 2),
    ]),
  });
  const octaves = rows[0].detail.map(({ above, upTo }) => `${above} … ${upTo}`);
  const detail = textTable({
    head: ["detail that is lost, by frequency", ...octaves],
    rows: rows.map((row) => [row.pictures, ...row.detail.map(({ lost }) => percent(lost))]),
  });
  return `${errors}\n\n${detail}`;
}
