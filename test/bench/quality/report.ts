/** The study of quality per minute in sentences and tables. */
import { markdownTable, percent } from "diffusion-lab/base";
import { meanAndSpread } from "../statistics.js";
import { TITLES } from "./contestants.js";
import { CONTESTANTS, isProject, PRECISIONS, PROJECTS, RECIPE, type ContestantName } from "./recipe.js";
import type { Ending } from "./store.js";
import type { QualityRow, QualityStudy } from "./study.js";

/** A column: a number for each seed, undefined where the study has none, and how it is written. */
interface Column {
  readonly head: string;
  readonly values: readonly (number | undefined)[];
  readonly write: (value: number) => string;
  /** What real digits have in this column. */
  readonly real?: number;
}

/** The study in Markdown: what was done and what came out in sentences, and three tables with a line for each seed. */
export function qualityMarkdown(study: QualityStudy): string {
  const { rows, settings } = study;
  const { minutes, judge } = settings;
  const seeds = [...new Set(rows.map(({ seed }) => seed))];
  const sections = [
    `${seeds.length} ${seeds.length === 1 ? "seed" : "seeds"}, ${minutes} ${minutes === 1 ? "minute" : "minutes"} of training each; ` +
      `${judge.count} samples of each network by \`${judge.sampler}\` in ${judge.steps} evaluations` +
      `${rows.some(({ contestant }) => isProject(contestant)) ? ", of a project by its own sampler" : ""}. ${conclusions(study)}`,
    qualityTable(study, seeds),
    "What the minutes were enough for, and how long it took from the start of the process to the end of the first step, which is not part of them:",
    paceTable(rows, seeds),
  ];
  const equal = equalStepsTable(study, seeds);
  if (equal) sections.push("The same number of steps in either precision:", equal);
  return sections.join("\n\n");
}

/** One sentence for each comparison that the study allows. */
export function conclusions({ rows }: QualityStudy): string {
  const seeds = [...new Set(rows.map(({ seed }) => seed))];
  const minutes = (name: ContestantName) => frechets(rows, seeds, name, "minutes");
  const equal = equalSteps(rows, seeds);
  const time = `After equal minutes`;
  return [
    comparison(`${time}, float32 here has`, "PyTorch's", minutes("float32"), minutes("torch")),
    comparison(`${time}, bf16 has`, "PyTorch's", minutes("bf16"), minutes("torch")),
    ...PROJECTS.flatMap((name) => [
      comparison(`${time}, float32 here has`, `${TITLES[name]}'s`, minutes("float32"), minutes(name)),
      comparison(`${time}, bf16 has`, `${TITLES[name]}'s`, minutes("bf16"), minutes(name)),
    ]),
    comparison("After equal steps, bf16 has", "float32's", equal.bf16, equal.float32),
    imagesSeen(rows),
  ]
    .filter((sentence) => sentence !== undefined)
    .join(" ");
}

/** How long a training the minutes were, in a unit that does not depend on the machine. */
function imagesSeen(rows: readonly QualityRow[]): string {
  const seen = rows.filter(({ ending }) => ending === "minutes").map(({ steps }) => steps * RECIPE.batchSize);
  const [least, most] = [Math.min(...seen), Math.max(...seen)].map(threeDigits);
  return `In those minutes the networks saw ${least === most ? least : `${least} to ${most}`} images.`;
}

/** 215872 → 216 000 */
function threeDigits(count: number): string {
  return Number(count.toPrecision(3)).toLocaleString("en").replaceAll(",", " ");
}

function comparison(
  subject: string,
  whose: string,
  ours: readonly (number | undefined)[],
  theirs: readonly (number | undefined)[],
): string | undefined {
  const ratios = ratiosOf(ours, theirs).filter((ratio) => ratio !== undefined);
  if (ratios.length === 0) return undefined;
  const range = ratios.length === 1 ? "" : ` (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`;
  const better = ratios.filter((ratio) => ratio < 1).length;
  const verdict =
    ratios.length === 1
      ? "one seed, which shows no difference that another could not reverse"
      : better === ratios.length
        ? "better with every seed"
        : better === 0
          ? "worse with every seed"
          : `better with ${better} of ${ratios.length} seeds, so no difference is shown`;
  return `${subject} ${meanAndSpread(ratios).mean.toFixed(2)} × ${whose} Fréchet distance${range}: ${verdict}.`;
}

function qualityTable({ rows, floor }: QualityStudy, seeds: readonly number[]): string {
  const present = contestantsIn(rows);
  const distances = Object.fromEntries(present.map((name) => [name, frechets(rows, seeds, name, "minutes")]));
  const columns: Column[] = [
    ...present.map((name) => distance(`Fréchet: ${TITLES[name]}`, distances[name], floor.frechet)),
    ...present
      .filter(isOther)
      .flatMap((other) =>
        present
          .filter((name) => !isOther(name))
          .map((name) => ratio(`${TITLES[name]} / ${TITLES[other]}`, distances[name], distances[other])),
      ),
    ...present.map((name) =>
      share(`> 0.9: ${TITLES[name]}`, pick(rows, seeds, name, "minutes", "recognised"), floor.recognised),
    ),
  ];
  return table(seeds, columns);
}

function paceTable(rows: readonly QualityRow[], seeds: readonly number[]): string {
  const present = contestantsIn(rows);
  const column = (title: string, of: "steps" | "paceMs" | "startSeconds", digits: number): Column[] =>
    present.map((name) => ({
      head: `${title}: ${TITLES[name]}`,
      values: pick(rows, seeds, name, "minutes", of),
      write: (value) => value.toFixed(digits),
    }));
  return table(seeds, [
    ...column("steps", "steps", 0),
    ...column("ms a step", "paceMs", 0),
    ...column("start, s", "startSeconds", 1),
  ]);
}

function equalStepsTable({ rows, floor }: QualityStudy, seeds: readonly number[]): string | undefined {
  const { float32, bf16, steps, recognised } = equalSteps(rows, seeds);
  if (steps.every((value) => value === undefined)) return undefined;
  return table(seeds, [
    { head: "steps", values: steps, write: (value) => value.toFixed(0) },
    distance("Fréchet: float32", float32, floor.frechet),
    distance("Fréchet: bf16", bf16, floor.frechet),
    ratio("bf16 / float32", bf16, float32),
    share("> 0.9: float32", recognised.float32, floor.recognised),
    share("> 0.9: bf16", recognised.bf16, floor.recognised),
  ]);
}

/** Both precisions where they have done the same steps: one after its minutes, the other going on or stopping there. */
function equalSteps(rows: readonly QualityRow[], seeds: readonly number[]) {
  const pairs = seeds.map((seed) => {
    const further = rows.find((row) => row.seed === seed && row.ending === "equal steps");
    const other = rows.find(
      (row) =>
        row.seed === seed &&
        row.ending === "minutes" &&
        !isOther(row.contestant) &&
        row.contestant !== further?.contestant,
    );
    return further && other && further.steps === other.steps ? [further, other] : [];
  });
  const of = (name: ContestantName, field: "frechet" | "recognised") =>
    pairs.map((pair) => pair.find(({ contestant }) => contestant === name)?.[field]);
  return {
    steps: pairs.map(([row]) => row?.steps),
    float32: of("float32", "frechet"),
    bf16: of("bf16", "frechet"),
    recognised: { float32: of("float32", "recognised"), bf16: of("bf16", "recognised") },
  };
}

/** Not this library's. */
function isOther(name: ContestantName): boolean {
  return !(PRECISIONS as readonly string[]).includes(name);
}

function contestantsIn(rows: readonly QualityRow[]): ContestantName[] {
  return CONTESTANTS.filter((name) => rows.some(({ contestant }) => contestant === name));
}

function pick(
  rows: readonly QualityRow[],
  seeds: readonly number[],
  name: ContestantName,
  ending: Ending,
  field: "frechet" | "recognised" | "steps" | "paceMs" | "startSeconds",
): (number | undefined)[] {
  return seeds.map(
    (seed) => rows.find((row) => row.seed === seed && row.contestant === name && row.ending === ending)?.[field],
  );
}

function frechets(rows: readonly QualityRow[], seeds: readonly number[], name: ContestantName, ending: Ending) {
  return pick(rows, seeds, name, ending, "frechet");
}

function ratiosOf(
  ours: readonly (number | undefined)[],
  theirs: readonly (number | undefined)[],
): (number | undefined)[] {
  return ours.map((value, i) => {
    const other = theirs[i];
    return value === undefined || other === undefined ? undefined : value / other;
  });
}

function distance(head: string, values: Column["values"], real: number): Column {
  return { head, values, real, write: (value) => value.toFixed(1) };
}

function ratio(head: string, ours: Column["values"], theirs: Column["values"]): Column {
  return { head, values: ratiosOf(ours, theirs), write: (value) => value.toFixed(2) };
}

function share(head: string, values: Column["values"], real: number): Column {
  return { head, values, real, write: (value) => percent(value) };
}

/** A line for each seed, then mean ± standard deviation, then real digits where a column has a figure for them. */
function table(seeds: readonly number[], columns: readonly Column[]): string {
  const rows = [
    ...seeds.map((seed, i) => [String(seed), ...columns.map(({ values, write }) => written(values[i], write))]),
    ["mean ± deviation", ...columns.map(summary)],
  ];
  if (columns.some(({ real }) => real !== undefined)) {
    rows.push(["*real digits*", ...columns.map(({ real, write }) => (real === undefined ? "" : `*${write(real)}*`))]);
  }
  return markdownTable({ head: ["seed", ...columns.map(({ head }) => head)], rows });
}

function written(value: number | undefined, write: Column["write"]): string {
  return value === undefined ? "–" : write(value);
}

function summary({ values, write }: Column): string {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return "–";
  const { mean, deviation } = meanAndSpread(known);
  return known.length === 1 ? write(mean) : `${write(mean)} ± ${write(deviation)}`;
}
