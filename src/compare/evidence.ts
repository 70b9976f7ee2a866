/** All that the study has found so far, and how claims and tables ask for it. */
import { cellName, type CellKey, type CellResult, type Snapshot } from "./cell.js";
import type { Pair } from "./estimate.js";
import type { Measures } from "./measures.js";
import { problems, type Problem } from "./problem.js";
import { distanceRatio } from "./quality.js";
import type { Speeds } from "./speed.js";
import { wholePlan } from "./study.js";

/** What is stored: the input of every table, figure and verdict. */
export interface Evidence {
  /** Runs for quality, at each method's own learning rate. */
  readonly cells: readonly CellResult[];
  /** Runs of the study of stability. */
  readonly stability: readonly CellResult[];
  /** Measures of real data, by problem. */
  readonly floors: Readonly<Record<string, Measures>>;
  /** Milliseconds a training step, by kind of problem and method: "points/gan". */
  readonly paces: Readonly<Record<string, number>>;
  readonly speeds: Speeds | null;
}

/** Runs of one method on one problem, drawn in one way (the first, unless said), at one budget (the last). */
export interface Runs {
  readonly problem: string;
  readonly method: string;
  readonly way?: string;
  readonly budget?: number;
}

/** With fewer seeds nothing is said. */
export const LEAST_SEEDS = 3;

/** A figure of each run, by its seed; a run that did not come so far counts as `worst`. */
export function bySeed(
  { cells }: Evidence,
  { problem, method, way, budget }: Runs,
  figure: (measures: Measures, snapshot: Snapshot) => number | null | undefined,
  worst: number,
): ReadonlyMap<number, number> {
  const asked = budget ?? budgetsOfProblem(problem).at(-1);
  const values = new Map<number, number>();
  for (const cell of cells) {
    if (cell.problem !== problem || cell.method !== method) continue;
    const snapshot = cell.snapshots.find((one) => one.budget === asked);
    const measures = snapshot && (way === undefined ? Object.values(snapshot.ways)[0] : snapshot.ways[way]);
    if (measures) {
      const value = figure(measures, snapshot);
      if (typeof value === "number") values.set(cell.seed, value);
    } else if (cell.outcome.kind === "diverged") values.set(cell.seed, worst);
  }
  return values;
}

/** Distances over the floor, by seed; ∞ of runs that diverged. Empty while the floor is not known. */
export function distances(evidence: Evidence, runs: Runs): ReadonlyMap<number, number> {
  const floor = evidence.floors[runs.problem];
  return floor
    ? bySeed(evidence, runs, (measures) => distanceRatio(runs.problem, measures, floor), Infinity)
    : new Map();
}

/** Values of the seeds that both have. */
export function pairsOf(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): readonly Pair[] {
  return [...a].flatMap(([seed, value]) => (b.has(seed) ? [[value, b.get(seed)!] as const] : []));
}

export function budgetsOfProblem(name: string): Problem["budgets"] {
  return problems.find((problem) => problem.name === name)!.budgets;
}

/** How many of the study's cells there are, and how many of them are finished. */
export function progressOf(
  { cells, stability }: Evidence,
  asked: (key: CellKey) => boolean = () => true,
): { readonly finished: number; readonly planned: number } {
  const known = new Set([...cells, ...stability].map(cellName));
  const wanted = wholePlan().filter(asked);
  return { finished: wanted.filter((key) => known.has(cellName(key))).length, planned: wanted.length };
}
