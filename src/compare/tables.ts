/** Tables of what the study has found: quality, speed, seconds to a stated quality, stability. */
import type { WrittenTable } from "../base/table.js";
import { percent } from "../base/words.js";
import { median, medianEstimate } from "./estimate.js";
import { bySeed, distances, type Evidence, type Runs } from "./evidence.js";
import { methods } from "./methods/list.js";
import type { Problem } from "./problem.js";
import { isNear } from "./quality.js";
import { IN_STABILITY, RATES, stabilityOf } from "./stability.js";
import { estimateWords, shortNumber } from "./words.js";

/** Ways to draw that some run of a problem has, by method. */
function waysOf({ cells }: Evidence, problem: string): readonly Required<Pick<Runs, "method" | "way">>[] {
  return methods.flatMap(({ name }) => {
    const runs = cells.filter((cell) => cell.problem === problem && cell.method === name);
    const ways = new Set(runs.flatMap(({ snapshots }) => snapshots.flatMap((one) => Object.keys(one.ways))));
    return [...ways].map((way) => ({ method: name, way }));
  });
}

/** A row's name: the method, and the way where it has several. */
function rowName(method: string, way: string): string {
  const { title } = methods.find(({ name }) => name === method)!;
  return method === way ? title : `${title}, ${way}`;
}

const words = (values: ReadonlyMap<number, number>): string =>
  values.size === 0 ? "–" : estimateWords(medianEstimate([...values.values()]));

/** Median and interval over the seeds of every measure at the last budget, and the distance at every budget. */
export function qualityTable(evidence: Evidence, problem: Problem): WrittenTable {
  const measures = [
    ...(problem.modes || problem.kind === "digits" ? [["modesCovered", "modes"]] : []),
    ...(problem.kind === "digits"
      ? [["recognised", "recognised"]]
      : problem.modes
        ? [["within3Sigma", "within 3σ"]]
        : []),
    ["precision", "precision"],
    ["recall", "recall"],
    ...(problem.kind === "digits" ? [["highFrequency", "high frequencies"]] : [["mmdSquared", "MMD²"]]),
    ["nearTraining", "to training"],
  ];
  const likelihood = problem.kind === "digits" ? "bits a dimension" : "ln p, nats";
  const distance = problem.budgets.map((budget) => `distance, ${budget} s`);
  const head = ["", "seeds", ...distance, ...measures.map(([, title]) => title), likelihood];
  const rows = waysOf(evidence, problem.name).map(({ method, way }) => {
    const runs = { problem: problem.name, method, way };
    const of = (key: string): string => words(bySeed(evidence, runs, (found) => found[key], 0));
    const probability = bySeed(
      evidence,
      runs,
      (_, one) => (problem.kind === "digits" ? one.bitsPerDimension : one.logLikelihood),
      problem.kind === "digits" ? Infinity : -Infinity,
    );
    return [
      rowName(method, way),
      String(distances(evidence, runs).size),
      ...problem.budgets.map((budget) => words(distances(evidence, { ...runs, budget }))),
      ...measures.map(([key]) => of(key)),
      words(probability),
    ];
  });
  const floor = evidence.floors[problem.name];
  const real = floor && [
    "real data",
    "–",
    ...problem.budgets.map(() => "1"),
    ...measures.map(([key]) => shortNumber(floor[key])),
    "–",
  ];
  return { head, rows: [...rows, ...(real ? [real] : [])] };
}

/** Examples a second of each way, and its evaluations of a network an example. */
export function speedTable({ speeds }: Evidence): WrittenTable {
  const rows = Object.entries(speeds ?? {}).map(([name, speed]) => {
    const [kind, method, way] = name.split("/");
    const range = `${shortNumber(speed.slowest)} to ${shortNumber(speed.fastest)}`;
    return [rowName(method, way), kind, shortNumber(speed.perSecond), range, `${speed.repeats} × ${speed.count}`];
  });
  return { head: ["", "what", "a second", "slowest to fastest", "drawn"], rows };
}

/** For each method and budget how many seeds are near the data; the median of the first budgets at which they are. */
export function secondsTable(evidence: Evidence, problem: Problem): WrittenTable {
  const floor = evidence.floors[problem.name];
  const head = ["", ...problem.budgets.map((budget) => `${budget} s`), "median of the first"];
  if (!floor) return { head, rows: [] };
  const rows = waysOf(evidence, problem.name).map(({ method, way }) => {
    const cells = evidence.cells.filter((cell) => cell.problem === problem.name && cell.method === method);
    const near = cells.map(({ snapshots }) =>
      snapshots
        .filter((one) => one.ways[way] && isNear(problem.name, one.ways[way], floor))
        .map(({ budget }) => budget),
    );
    const first = near.map((budgets) => budgets[0] ?? Infinity);
    const at = problem.budgets.map((budget) => near.filter((budgets) => budgets.includes(budget)).length);
    const middle = median(first);
    return [
      rowName(method, way),
      ...at.map((count) => `${count} of ${cells.length}`),
      middle === Infinity ? "not reached" : `${shortNumber(middle)} s`,
    ];
  });
  return { head, rows };
}

/** What becomes of each method's settings on a problem. */
export function stabilityTable(evidence: Evidence, problem: string): WrittenTable {
  const head = [
    "",
    "runs",
    "end well",
    "diverge",
    "collapse",
    "s to collapse",
    "s to well",
    "rates",
    "loss and distance",
  ];
  const seconds = (value: number | null): string => (value === null ? "–" : shortNumber(value));
  const rows = IN_STABILITY.flatMap((name) => {
    const cells = evidence.stability.filter((cell) => cell.problem === problem && cell.method === name);
    if (cells.length === 0 || !evidence.floors[problem]) return [];
    const found = stabilityOf(cells, evidence.floors);
    const { low, high } = found.well.interval;
    return [
      [
        rowName(name, name),
        String(found.runs),
        `${percent(found.well.share, 0)} (${percent(low, 0)} to ${percent(high, 0)})`,
        String(found.diverged),
        String(found.collapsed),
        seconds(found.secondsToCollapse),
        seconds(found.secondsToWell),
        `${found.rates.length} of ${RATES.length}`,
        found.lossTellsQuality === null ? "–" : shortNumber(found.lossTellsQuality),
      ],
    ];
  });
  return { head, rows };
}
