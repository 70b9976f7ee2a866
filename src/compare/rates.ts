/** Which learning rate a method has: chosen on seeds that the study does not use, before the study. */
import type { CellKey, CellResult } from "./cell.js";
import type { Measures } from "./measures.js";
import { methods } from "./methods/list.js";
import { problemNamed, problems, type Problem } from "./problem.js";
import { distanceRatio } from "./quality.js";

/** From here on seeds are those of the choice. */
export const FIRST_SEED_OF_CHOICE = 100;

/** What is tried for each method. */
export const TRIED: Readonly<Record<Problem["kind"], readonly number[]>> = {
  points: [3e-4, 1e-3, 3e-3],
  digits: [2e-4, 5e-4, 1e-3, 2e-3],
};
/** Runs at each rate. */
const SEEDS = { points: 2, digits: 1 } as const;
const PROBLEMS = ["ring", "grid", "digits"] as const;
/** Seconds of training of a run that is to choose. */
export const CHOICE_BUDGETS: Readonly<Record<Problem["kind"], readonly number[]>> = { points: [15], digits: [60] };

/** Whether a cell is one of the choice. */
export function isOfChoice({ rate, seed }: Pick<CellKey, "rate" | "seed">): boolean {
  return rate !== undefined && seed >= FIRST_SEED_OF_CHOICE;
}

/** All runs that choose. */
export function ratesPlan(): readonly CellKey[] {
  return problems
    .filter(({ name }) => (PROBLEMS as readonly string[]).includes(name))
    .flatMap(({ name, kind }) =>
      TRIED[kind].flatMap((rate) =>
        Array.from({ length: SEEDS[kind] }, (_, i) => FIRST_SEED_OF_CHOICE + i).flatMap((seed) =>
          methods
            .filter((method) => method.problems.includes(kind))
            .map((method) => ({ problem: name, method: method.name, seed, rate })),
        ),
      ),
    );
}

/** What each rate came to: the measure that decides over its floor, the geometric mean of the runs; Infinity if one diverged. */
export interface TriedRate {
  readonly rate: number;
  readonly overFloor: number;
}

/** The rates of one method on one kind of data, the best first. */
export function judgeRates(
  cells: readonly CellResult[],
  floors: Readonly<Record<string, Measures>>,
  { method, kind }: { readonly method: string; readonly kind: Problem["kind"] },
): readonly TriedRate[] {
  const of = cells.filter((cell) => cell.method === method && problemNamed(cell.problem).kind === kind);
  const tried = TRIED[kind].map((rate) => {
    const runs = of.filter((cell) => cell.rate === rate);
    const logs = runs.map(({ outcome, snapshots, problem }) => {
      if (outcome.kind === "diverged") return Infinity;
      const [first] = Object.values(snapshots[snapshots.length - 1].ways);
      return Math.log(distanceRatio(problem, first, floors[problem]));
    });
    return { rate, overFloor: runs.length === 0 ? NaN : Math.exp(logs.reduce((sum, x) => sum + x, 0) / runs.length) };
  });
  return tried.filter(({ overFloor }) => !Number.isNaN(overFloor)).sort((a, b) => a.overFloor - b.overFloor);
}
