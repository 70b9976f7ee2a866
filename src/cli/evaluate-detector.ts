/** `npm run evaluate -- digit-detector`: how well the judge of text to image reads real pictures. */
import { join } from "node:path";
import { requireKnownKeys } from "../base/check.js";
import { counted } from "../base/words.js";
import { CaptionedDigits, type CaptionedDigitsOptions } from "../data/index.js";
import { loadDetector, readCompositions } from "../families/index.js";
import { requireWritable, writeFileAtomically } from "../files/index.js";
import { obedience, obedienceTable, type ObedienceRow } from "../metrics/index.js";
import type { DigitDetector } from "../networks/index.js";
import * as tf from "../runtime/tf.js";
import { wholeNumber } from "../base/arguments.js";
import { publishTable } from "./evaluation-report.js";

/** By whom the pictures are written. The first is the ceiling of every figure that the detector gives a model. */
const PARTS: Readonly<Record<string, Pick<CaptionedDigitsOptions, "split" | "pairs">>> = {
  "other hands": { split: "heldOut", pairs: "all" },
  "training hands": { split: "train", pairs: "all" },
};

/**
 * Reads `--n` pictures of each part and prints what was right; `--write` keeps it in the folder, and in the page of
 * measurements if it is the checkpoint `asset`.
 *
 * @throws RangeError for an option that only drawing knows, or one out of range
 */
export function evaluateDetector(
  folder: string,
  values: Readonly<Record<string, string | boolean | undefined>>,
  asset: string | undefined,
): void {
  requireKnownKeys<Record<string, unknown>>("the evaluation of a detector", values, {
    n: true,
    seed: true,
    write: true,
  });
  const count = wholeNumber("--n", values["n"] as string | undefined, 2000);
  const seed = wholeNumber("--seed", values["seed"] as string | undefined, 7, 0);
  const path = join(folder, "evaluation.json");
  if (values["write"]) requireWritable(path);
  const detector = loadDetector(folder);
  const rows = Object.entries(PARTS).map(([name, part]): ObedienceRow => {
    return { pictures: name, found: readings(detector, new CaptionedDigits({ ...part, seed }), count) };
  });
  detector.dispose();
  process.stdout.write(`${counted(count, "picture")} each, seed ${seed}\n${obedienceTable(rows, "text")}\n`);
  if (!values["write"]) return;
  writeFileAtomically(path, `${JSON.stringify({ settings: { n: count, seed }, rows }, null, 2)}\n`);
  if (asset !== undefined) publishTable(asset, obedienceTable(rows));
}

/** What the detector makes of the first pictures of a data set. */
function readings(detector: DigitDetector, data: CaptionedDigits, count: number): ObedienceRow["found"] {
  const indices = Array.from({ length: count }, (_, i) => i);
  const pictures = tf.tensor4d(data.pictures(indices), [count, ...data.shape]);
  const read = readCompositions(detector, pictures);
  pictures.dispose();
  return obedience(data.compositions(indices), read);
}
