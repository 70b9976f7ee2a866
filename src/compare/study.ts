/** Which cells there are, in which order, and which are still to be run. */
import { cellName, type CellKey } from "./cell.js";
import { cellsFile } from "./cells-file.js";
import type { Method } from "./method.js";
import { methods } from "./methods/list.js";
import { problems, type Problem } from "./problem.js";
import { budgetsOf, IN_STABILITY, stabilityPlan } from "./stability.js";

/** Whether a method is made for a problem. */
export function takesPart(method: Method, problem: Problem): boolean {
  return method.problems.includes(problem.kind);
}

/** All cells, seed by seed: a study that is broken off has as many seeds of each method. */
export function plan(): readonly CellKey[] {
  const most = Math.max(...problems.map(({ seeds }) => seeds));
  return Array.from({ length: most }, (_, seed) => seed).flatMap((seed) =>
    problems
      .filter(({ seeds }) => seed < seeds)
      .flatMap((problem) =>
        methods
          .filter((method) => takesPart(method, problem))
          .map((method) => ({ problem: problem.name, method: method.name, seed })),
      ),
  );
}

/** The cells of both studies. */
export function wholePlan(): readonly CellKey[] {
  return [...plan(), ...stabilityPlan(IN_STABILITY)];
}

/** By the file of cells, how many belong into it and the seconds of training of each: what `npm run doctor` counts. */
export function planTable(): Readonly<Record<string, { readonly cells: number; readonly seconds: number }>> {
  const table: Record<string, { cells: number; seconds: number }> = {};
  for (const key of wholePlan()) {
    const entry = (table[cellsFile(key)] ??= { cells: 0, seconds: Math.max(...budgetsOf(key)) });
    entry.cells++;
  }
  return table;
}

/** Names of the cells of both studies that are not among the finished ones. */
export function missingOf({
  cells,
  stability,
}: {
  readonly cells: readonly CellKey[];
  readonly stability: readonly CellKey[];
}): readonly string[] {
  const known = new Set([...cells, ...stability].map(cellName));
  return wholePlan()
    .map(cellName)
    .filter((name) => !known.has(name));
}

/** Those of the cells that are asked for (all, if none is named) and not stored. */
export function missing(
  store: { has(key: CellKey): boolean },
  cells: readonly CellKey[],
  asked: readonly string[] = [],
): readonly CellKey[] {
  return cells.filter((key) => wanted(key, asked) && !store.has(key));
}

/** Whether a cell's name is, or begins with, one of the names: "ring", "ring/gan", "ring/gan/seed-3". */
export function wanted(key: CellKey, asked: readonly string[]): boolean {
  const name = cellName(key);
  return asked.length === 0 || asked.some((prefix) => name === prefix || name.startsWith(`${prefix}/`));
}
