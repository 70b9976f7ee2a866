/** How many settings end well: methods × learning rates × seeds, and what "well" means, said before the first run. */
import { rankCorrelation, wilsonInterval, type Interval } from "../metrics/index.js";
import type { CellKey, CellResult, Snapshot } from "./cell.js";
import type { Measures } from "./measures.js";
import { problemNamed } from "./problem.js";
import { median } from "./estimate.js";
import { isNear } from "./quality.js";
import { CHOICE_BUDGETS, isOfChoice } from "./rates.js";

/** Seconds of training at which a run is judged. */
const BUDGETS = [2, 4, 8, 15] as const;
/** The same for every method, each from far too small to far too large. */
export const RATES = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1] as const;
const SEEDS = 10;
export const STABILITY_PROBLEMS = ["ring", "grid"] as const;
/** Methods that take part. */
export const IN_STABILITY = ["gan", "gan-r1", "wgan-gp", "diffusion"] as const;

/** A run has collapsed with fewer than this share of the modes covered, after it had covered more. */
export const COLLAPSED = 0.5;

/** Seconds at which a cell is judged: those of its problem, of the study of stability, or of the choice of rates. */
export function budgetsOf(key: CellKey): readonly number[] {
  const problem = problemNamed(key.problem);
  if (isOfChoice(key)) return CHOICE_BUDGETS[problem.kind];
  return key.rate === undefined ? problem.budgets : BUDGETS;
}

/** All cells of the study for some methods, seed by seed. */
export function stabilityPlan(methods: readonly string[]): readonly CellKey[] {
  return Array.from({ length: SEEDS }, (_, seed) => seed).flatMap((seed) =>
    STABILITY_PROBLEMS.flatMap((problem) =>
      RATES.flatMap((rate) => methods.map((method) => ({ problem, method, seed, rate }))),
    ),
  );
}

/** The first way of drawing is the one that stands for a method. */
export function judgedOf({ ways }: Snapshot): Measures {
  return Object.values(ways)[0];
}

/** Whether a run came to its end, and near the data there. */
export function endsWell(cell: CellResult, floors: Readonly<Record<string, Measures>>): boolean {
  const last = cell.snapshots.at(-1);
  return cell.outcome.kind === "finished" && !!last && isNear(cell.problem, judgedOf(last), floors[cell.problem]);
}

/** What one method's runs say. */
export interface Stability {
  readonly runs: number;
  readonly well: { readonly share: number; readonly interval: Interval };
  readonly diverged: number;
  /** Runs that lost modes they had had, and the median of the seconds after which they were found so. */
  readonly collapsed: number;
  readonly secondsToCollapse: number | null;
  /** Of runs that end well: the median of the seconds after which they were first found so. */
  readonly secondsToWell: number | null;
  /** Rates at which most seeds end well. */
  readonly rates: readonly number[];
  /** Spearman's, of training loss with distance from the data, over all snapshots; null with fewer than three. */
  readonly lossTellsQuality: number | null;
}

/** @throws RangeError if there are no runs */
export function stabilityOf(cells: readonly CellResult[], floors: Readonly<Record<string, Measures>>): Stability {
  if (cells.length === 0) throw new RangeError("there are no runs to judge");
  const wellAt = (cell: CellResult): readonly boolean[] =>
    cell.snapshots.map((snapshot) => isNear(cell.problem, judgedOf(snapshot), floors[cell.problem]));
  const well = cells.filter((cell) => endsWell(cell, floors));
  const collapses = cells.map(collapseOf).filter((seconds) => seconds !== null);
  const snapshots = cells.flatMap((cell) => cell.snapshots);
  return {
    runs: cells.length,
    well: { share: well.length / cells.length, interval: wilsonInterval(well.length, cells.length) },
    diverged: cells.filter(({ outcome }) => outcome.kind === "diverged").length,
    collapsed: collapses.length,
    secondsToCollapse: middle(collapses),
    secondsToWell: middle(well.map((cell) => cell.snapshots[wellAt(cell).indexOf(true)].budget)),
    rates: RATES.filter((rate) => {
      const at = cells.filter((cell) => cell.rate === rate);
      return at.length > 0 && at.filter((cell) => endsWell(cell, floors)).length > at.length / 2;
    }),
    lossTellsQuality:
      snapshots.length < 3
        ? null
        : rankCorrelation(
            snapshots.map(({ trainingLoss }) => trainingLoss),
            snapshots.map((snapshot) => judgedOf(snapshot)["slicedWasserstein"]),
          ),
  };
}

/** Seconds after which a run was found collapsed; null if it never was. */
export function collapseOf({ snapshots }: CellResult): number | null {
  let most = 0;
  for (const snapshot of snapshots) {
    const covered = judgedOf(snapshot)["modesCovered"];
    if (most >= COLLAPSED && covered < COLLAPSED) return snapshot.budget;
    most = Math.max(most, covered);
  }
  return null;
}

function middle(values: readonly number[]): number | null {
  return values.length === 0 ? null : median(values);
}
