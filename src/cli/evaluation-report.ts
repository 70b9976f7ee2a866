/** What `npm run evaluate` found: in a terminal, as the table of docs/benchmarks.md, as the sentence of README.md. */
import { readFileSync } from "node:fs";
import { replaceMarked } from "../base/marked.js";
import { markdownTable, textTable } from "../base/table.js";
import { percent } from "../base/words.js";
import { commitTogether, stageFile } from "../files/index.js";

/** What the classifier says of some images. */
export interface Judgement {
  readonly images: string;
  readonly n: number;
  /** Share recognised with a probability above 0.9. */
  readonly recognised: number;
  /** Share seen as the class asked for, or as the label of a real digit; null where no class was asked for. */
  readonly asAsked: number | null;
  readonly histogram: readonly number[];
  readonly frechetToHeldOut: number | null;
}

/** Mean bits a dimension that a model needs for 8-bit digits. */
export interface BitsOfDigits {
  /** Digits of each part. */
  readonly n: number;
  readonly heldOut: number;
  readonly training: number;
}

/** What was drawn, then real training digits, then held-out ones. */
export type Evaluation = readonly [drawn: Judgement, training: Judgement, heldOut: Judgement];

const PAGE = "docs/benchmarks.md";
const README = "README.md";
const DIGITS = Array.from({ length: 10 }, (_, i) => String(i));

export function evaluationText(rows: Evaluation): string {
  return textTable({ head: ["", "n", "> 0.9", "as asked", "Fréchet", ...DIGITS], rows: rows.map(cellsOf) });
}

/** A line of its own, since it says of real digits what the table says of drawn ones. */
export function bitsText({ n, heldOut, training }: BitsOfDigits): string {
  return `Bits a dimension: ${heldOut.toFixed(3)} of ${n} held-out digits, ${training.toFixed(3)} of ${n} training digits.`;
}

export function evaluationMarkdown(rows: Evaluation): string {
  const head = ["images", "n", "above 0.9", "as asked", "Fréchet to held out", ...DIGITS];
  return markdownTable({ head, rows: rows.map(cellsOf) });
}

/** One sentence: how many digits are recognised and how far they are from the held-out ones, beside real digits. */
export function evaluationSentence([drawn, training, heldOut]: Evaluation): string {
  const distance = ({ frechetToHeldOut }: Judgement): string => frechetToHeldOut?.toFixed(1) ?? "–";
  return (
    `Of ${drawn.n} such digits, a classifier recognises ${percent(drawn.recognised)} with a probability above 0.9, ` +
    `of real ones ${percent(heldOut.recognised)}; ` +
    `their Fréchet distance to held-out digits is ${distance(drawn)}, that of training digits ${distance(training)}.`
  );
}

/** What the page of measurements says of a checkpoint: the table, and the bits if there are any. */
export function evaluationPage(rows: Evaluation, bits?: BitsOfDigits): string {
  return evaluationMarkdown(rows) + (bits ? `\n\n${bitsText(bits)}` : "");
}

/** Writes table and bits into the page and the sentence into README.md, all or nothing, where they have a place for the model. */
export function publishEvaluation(model: string, rows: Evaluation, bits?: BitsOfDigits): void {
  publishMarked(`evaluate ${model}`, { [PAGE]: evaluationPage(rows, bits), [README]: evaluationSentence(rows) });
}

/** Writes a table into the page of measurements, where it has a place for the model. */
export function publishTable(model: string, table: string): void {
  publishMarked(`evaluate ${model}`, { [PAGE]: table });
}

function publishMarked(mark: string, texts: Readonly<Record<string, string>>): void {
  const places = Object.entries(texts)
    .map(([path, text]) => ({ path, text, old: readFileSync(path, "utf8") }))
    .filter(({ old }) => old.includes(`<!-- ${mark} -->`));
  if (places.length > 0)
    commitTogether(places.map(({ path, text, old }) => stageFile(path, replaceMarked(old, mark, text))));
}

function cellsOf({ images, n, recognised, asAsked, histogram, frechetToHeldOut }: Judgement): string[] {
  return [
    images,
    String(n),
    percent(recognised),
    percent(asAsked),
    frechetToHeldOut?.toFixed(1) ?? "–",
    ...histogram.map(String),
  ];
}
