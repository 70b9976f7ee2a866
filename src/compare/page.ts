/** docs/comparison.md, README's line and their figures, made from what is stored and from nothing else. */
import { markdownTable, type WrittenTable } from "../base/table.js";
import type { Figure } from "../plot/index.js";
import { distanceChart, speedChart, stabilityChart } from "./charts.js";
import { holds, resultWords, verdictWords, type JudgedClaim } from "./claims/claim.js";
import { judgeAll } from "./claims/list.js";
import { progressOf, type Evidence } from "./evidence.js";
import { problems, type Problem } from "./problem.js";
import { NEAR } from "./quality.js";
import { STABILITY_PROBLEMS } from "./stability.js";
import { missingOf } from "./study.js";
import type { KeptSpeeds, Paces } from "./store.js";
import { qualityTable, secondsTable, speedTable, stabilityTable } from "./tables.js";

/** Evidence, and the machines that times hold for. */
export interface Findings {
  readonly evidence: Evidence;
  readonly paces: Paces | undefined;
  readonly speeds: KeptSpeeds | undefined;
}

/** A page with its figures, by file name. */
export interface ComparisonPage {
  readonly text: string;
  readonly figures: Readonly<Record<string, Figure>>;
  /** What README says of it. */
  readonly line: string;
}

/** Folder of the figures, beside the page. */
export const FIGURES = "comparison";

const SECTIONS = [
  [1, "Section 1: common image generators"],
  [6, "Section 6: why steadier than a GAN"],
  [12, "Section 12: comparison"],
  [null, "What the theory leaves unsaid"],
] as const;

const FAMILIES = { diffusion: "diffusion", vae: "VAE", gan: "GAN", flow: "flow" } as const;

/**
 * The page of an unfinished study says how far it is, and that its verdicts are preliminary.
 */
export function comparisonPage(findings: Findings): ComparisonPage {
  const { evidence } = findings;
  const figures: Record<string, Figure> = {};
  const figure = (name: string, alt: string, make: () => Figure): string => {
    figures[name] = make();
    return `![${alt}](${FIGURES}/${name}.svg)`;
  };
  const judged = judgeAll(evidence);
  const parts = [
    introduction(evidence),
    "## What the theory says, and what was found",
    `Each sentence has a measure and a rule, written before there were results. It holds in a case if the whole 95 % interval lies where the rule says; **holds** is in all cases, **holds if** in those named, **not here** in none.`,
    ...SECTIONS.flatMap(([section, title]) => [
      `### ${title}`,
      markdownTable(verdicts(judged.filter(({ claim }) => claim.section === section))),
    ]),
    "## Quality",
    `Medians over the seeds with bootstrap intervals, at the last budget; distances (sliced Wasserstein of points, Fréchet of a classifier's features of digits) in units of real data's from real data. "To training" is the distance to the nearest training example over that of fresh data: well below 1 is copying. High frequencies are a share of an image's energy: less than real data's is blur.`,
    ...problems.flatMap((problem) => qualityPart(evidence, problem, figure)),
    "## Speed",
    ...speedPart(findings, figure),
    "## Stability",
    `Each method at seven learning rates with ten seeds, fifteen seconds each. A run ends well within ${NEAR.points} × real data's distance with every mode; it collapses when it has less than half of the modes after it had more.`,
    ...STABILITY_PROBLEMS.flatMap((name) => stabilityPart(evidence, name, figure)),
    "## How each sentence was decided",
    // Sentences that two tables of the theory share are decided once.
    ...judged
      .filter(({ claim }, i) => judged.findIndex((one) => one.claim.sentence === claim.sentence) === i)
      .map(decision),
  ];
  return { text: `${parts.join("\n\n")}\n`, figures, line: readmeLine(evidence, judged) };
}

/** @throws Error with what is missing unless every cell of both studies is finished */
export function requireFinished(evidence: Evidence): void {
  const missing = missingOf(evidence);
  if (missing.length === 0) return;
  const { finished, planned } = progressOf(evidence);
  const [named, more] = [missing.slice(0, 3).join(", "), missing.length - 3];
  throw new Error(
    `the study is unfinished, ${finished} of ${planned} cells: ${named}${more > 0 ? ` and ${more} more are` : " is"} ` +
      "missing; npm run compare and npm run compare -- stability go on with them",
  );
}

function introduction(evidence: Evidence): string {
  const { finished, planned } = progressOf(evidence);
  const state =
    finished === planned
      ? `All ${planned} cells of the study are finished.`
      : `**The study is under way: ${finished} of ${planned} cells are finished. Every verdict below is preliminary.**`;
  const dates = [...evidence.cells, ...evidence.stability].map(({ date }) => date).sort();
  const when = dates.length > 0 ? ` They were run from ${dates[0]} to ${dates.at(-1)}.` : "";
  return `# The families beside each other

A VAE, three GANs, a normalising flow and diffusion learn the same data with about as many numbers (35 000 to 40 000 for points, a million for digits) for the same time, and are judged by the same measures. [src/compare](../src/compare/README.md) says how; \`npm run compare -- --write\` makes this page from the files in \`assets/compare\`, and \`npm run compare -- --cell ring/gan/seed-3\` repeats one cell of points in under a minute. Diffusion is drawn by DDPM (1000 steps for points, 100 for digits) and by DDIM in 10 steps; one-step consistency takes no part, since nothing here distils a network to it.

${state}${when}`;
}

function verdicts(judged: readonly JudgedClaim[]): WrittenTable {
  return {
    head: ["family", "sentence", "verdict"],
    right: [false, false, false],
    rows: judged.map((one) => [FAMILIES[one.claim.family], one.claim.sentence, verdictWords(one)]),
  };
}

function decision(judged: JudgedClaim): string {
  const { claim, cases } = judged;
  const rows = cases.map((one) => [one.where, resultWords(one), holds(one) ? "holds" : "does not"]);
  const table =
    rows.length > 0
      ? markdownTable({ head: ["if", "result", ""], rows, right: [false, false, false] })
      : "Nothing was measured yet.";
  return `**${claim.sentence}** ${claim.measure} Verdict: *${verdictWords(judged)}*.\n\n${table}`;
}

type DrawFigure = (name: string, alt: string, make: () => Figure) => string;

function qualityPart(evidence: Evidence, problem: Problem, figure: DrawFigure): string[] {
  const table = qualityTable(evidence, problem);
  const heading = `### ${problem.title}`;
  const measured = evidence.cells.some((cell) => cell.problem === problem.name && cell.snapshots.length > 0);
  if (!measured || !evidence.floors[problem.name]) return [heading, "No cell is finished."];
  const chart = figure(
    `distance-${problem.name}`,
    `distance from the data against seconds of training, ${problem.title}`,
    () => distanceChart(evidence, problem.name),
  );
  const near = `Seeds that are near the data, within ${NEAR[problem.kind]} × real data's distance${problem.modes || problem.kind === "digits" ? " with every mode" : ""}, by seconds of training:`;
  return [heading, chart, markdownTable(table), near, markdownTable(secondsTable(evidence, problem))];
}

function speedPart({ evidence, speeds }: Findings, figure: DrawFigure): string[] {
  if (!speeds) return ["Not measured yet: `npm run compare -- --speed-only`."];
  const versions = Object.entries(speeds.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `Examples a second of networks that were never trained, since the weights do not change it; ${speeds.processor}, ${versions.join(", ")}, ${speeds.date}. \`npm run compare -- --speed-only\` measures it again.`,
    markdownTable(speedTable(evidence)),
    figure("speed-digits", "digits a second of each way to draw", () => speedChart(evidence, "digits")),
  ];
}

function stabilityPart(evidence: Evidence, name: string, figure: DrawFigure): string[] {
  const table = stabilityTable(evidence, name);
  const { title } = problems.find((problem) => problem.name === name)!;
  if (table.rows.length === 0) return [`### ${title}, every learning rate`, "No run is finished."];
  return [
    `### ${title}, every learning rate`,
    figure(`stability-${name}`, `share of seeds that end well against the learning rate, ${title}`, () =>
      stabilityChart(evidence, name),
    ),
    markdownTable(table),
  ];
}

function readmeLine(evidence: Evidence, judged: readonly JudgedClaim[]): string {
  const { finished, planned } = progressOf(evidence);
  const count = (kind: JudgedClaim["verdict"]["kind"]): number =>
    judged.filter(({ verdict }) => verdict.kind === kind).length;
  const study = `[The families beside each other](docs/comparison.md): VAE, GANs, flow and diffusion at equal size and time`;
  if (finished < planned)
    return `${study}; ${finished} of ${planned} cells of the study are finished, its verdicts preliminary.`;
  return `${study}. Of ${judged.length} sentences of the theory on them, ${count("holds")} hold, ${count("holds if")} hold under conditions, ${count("not here")} do not.`;
}
