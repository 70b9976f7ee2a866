/** Which cells there are, in which order, and which are still to be run. */
import { cellName, type CellKey } from "./cell.js";
import type { Method } from "./method.js";
import { methods } from "./methods/list.js";
import { problems, type Problem } from "./problem.js";
import type { CompareStore } from "./store.js";

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

/** Those of the cells that are asked for (all, if none is named) and not stored. */
export function missing(
  store: CompareStore,
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
