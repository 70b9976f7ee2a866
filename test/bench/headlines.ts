/** What README.md says of each benchmark: one line, taken from the table in docs/benchmarks.md. */
import { markedPart } from "diffusion-lab/base";
import { firstTable, type Row } from "./markdown.js";

/** The parts of the page, by the mark that they lie between: the headline, and how a line is made of the part. */
const PARTS = {
  "bench samplers": { title: "Samplers", anchor: "samplers", line: samplersLine },
  "bench speed": { title: "Speed", anchor: "speed", line: speedLine },
  "bench engines": { title: "Engines", anchor: "engines", line: enginesLine },
  "bench quality": { title: "Quality per minute", anchor: "quality-per-minute", line: afterEqual("minutes") },
  "bench projects": { title: "Other projects", anchor: "other-projects", line: afterEqual("minutes") },
  "bench variants": { title: "Variants", anchor: "variants", line: variantsLine },
  "bench latent": { title: "Latent against pixels", anchor: "latent-against-pixels", line: latentLine },
  "bench precisions": { title: "Precision", anchor: "precision", line: afterEqual("steps") },
} as const;

export type BenchmarkPart = keyof typeof PARTS;

/** What stands in the page where nothing was measured yet begins so; README has no line for it. */
const NOT_YET = "Not measured yet";

/** One line for each benchmark in the page, with a link to its table. */
export function headlines(page: string): string {
  return Object.entries(PARTS)
    .flatMap(([mark, { title, anchor, line }]) => {
      const part = markedPart(page, mark);
      return part.startsWith(NOT_YET) ? [] : [`- [${title}](docs/benchmarks.md#${anchor}): ${line(part)}`];
    })
    .join("\n");
}

/** The deterministic sampler with the smallest error at the middle number of evaluations, beside DDIM. */
export function samplersLine(part: string): string {
  const rows = firstTable(part);
  const budgets = Object.keys(rows[0] ?? {}).flatMap((name) => /^exact error, (\d+)$/.exec(name)?.[1] ?? []);
  const budget = budgets[budgets.length >> 1];
  const error = (row: Row): string => row[`exact error, ${budget}`];
  // The errors of samplers that add noise, marked ~, are of another kind.
  const deterministic = rows.filter((row) => /^`[^`]+`$/.test(row.sampler) && !Number.isNaN(Number(error(row))));
  if (deterministic.length === 0) return "the last run measured none.";
  const best = deterministic.reduce((least, row) => (Number(error(row)) < Number(error(least)) ? row : least));
  const ddim = deterministic.find(({ sampler }) => sampler === "`ddim`");
  const than = ddim ? `, where \`ddim\` has ${error(ddim)}` : "";
  const count = rows.filter(({ sampler }) => sampler.startsWith("`")).length;
  return `of ${count}, ${best.sampler} comes nearest to a known solution in ${budget} evaluations of the network: error ${error(best)}${than}.`;
}

/** The U-Net at batch 64: this library's time over that of PyTorch eager. */
export function speedLine(part: string): string {
  const rows = firstTable(part);
  const ms = (work: string, contestant: string): number =>
    Number(rows.find((row) => row.work === work && row.contestant === contestant)?.["ms a step"] ?? NaN);
  const compared = [
    { what: "a training step", work: "unet train 64", ours: "diffusion-lab" },
    { what: "one in bf16", work: "unet train 64", ours: "diffusion-lab bf16" },
    { what: "an evaluation", work: "unet sample 64", ours: "diffusion-lab" },
  ].flatMap(({ what, work, ours }) => {
    const ratio = ms(work, ours) / ms(work, "PyTorch eager");
    return Number.isNaN(ratio) ? [] : [`${what} ${ratio.toFixed(2)}`];
  });
  const machine = /turn; (.+? cores)/.exec(part)?.[1];
  if (compared.length === 0) return "the last run had no PyTorch to compare with.";
  return `the U-Net at batch 64, in units of PyTorch eager's time: ${listed(compared)}${machine ? ` (${machine})` : ""}.`;
}

/** The smallest batch of the U-Net and the largest: our graph, and `auto`, over the fastest other engine. */
export function enginesLine(part: string): string {
  const rows = firstTable(part).filter(({ work }) => work.startsWith("unet sample "));
  const chosen = rows.length > 1 ? [rows[0], rows[rows.length - 1]] : rows;
  if (chosen.length === 0) return "the last run had no U-Net.";
  const said = chosen.map((row) => {
    const engines = { "its own graph": row["graph / best"], "`auto`": row["auto / best"] };
    const times = Object.entries(engines).flatMap(([name, ratio]) => (ratio === "–" ? [] : [`${name} takes ${ratio}`]));
    return `at batch ${row.work.replace("unet sample ", "")} ${listed(times)} × the time of ${row["best of the others"]}`;
  });
  return `one evaluation of the U-Net: ${said.join("; ")}.`;
}

/** Which of the variants on one budget comes nearest to real digits, and which covers most of them. */
export function variantsLine(part: string): string {
  const budget = /At most (\d+) evaluations/.exec(part)?.[1];
  // What chooses its steps is on no budget, and other pictures have another distance.
  const rows = firstTable(part).filter(
    (row) => row.pictures === "digits" && Number(row.evaluations) <= Number(budget) && row.evaluations !== "",
  );
  if (rows.length === 0) return "the last run measured none.";
  const nearest = rows.reduce((best, row) => (Number(row["Fréchet"]) < Number(best["Fréchet"]) ? row : best));
  const widest = rows.reduce((best, row) => (Number(row.coverage) > Number(best.coverage) ? row : best));
  return (
    `in ${budget} evaluations ${nearest.variant} comes nearest to real digits (Fréchet ${nearest["Fréchet"]}), ` +
    `and ${widest.variant} covers most of them (${widest.coverage}).`
  );
}

/** What the page says of one second. */
export function latentLine(part: string): string {
  const sentence = /In one second .+?\.(?=\s|$)/.exec(part)?.[0];
  return sentence ? lowerFirst(sentence) : "the last run measured none.";
}

/** The conclusions that the study draws at equal minutes, or at equal steps, as they stand. */
function afterEqual(what: "minutes" | "steps"): (part: string) => string {
  return (part) => {
    const sentences = part.split("\n")[0].match(/After equal .+?: .+?\.(?= [A-Z]|$)/g) ?? [];
    const chosen = sentences.filter((sentence) => sentence.startsWith(`After equal ${what},`));
    return chosen.length > 0 ? lowerFirst(chosen.join(" ")) : "the last study had nothing to compare.";
  };
}

function lowerFirst(text: string): string {
  return text[0].toLowerCase() + text.slice(1);
}

/** a, b and c */
function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;
}
