/** Which file holds a cell. */
import type { CellKey } from "./cell.js";
import { isOfChoice } from "./rates.js";

/** The study itself, that of stability, and the runs that chose the learning rates: a folder each. */
export type Study = "cells" | "stability" | "rates";

function studyOf(key: CellKey): Study {
  if (isOfChoice(key)) return "rates";
  return key.rate === undefined ? "cells" : "stability";
}

/** "stability/ring.gan.json", in the folder of what is kept. */
export function cellsFile(key: CellKey): string {
  return `${studyOf(key)}/${key.problem}.${key.method}.json`;
}
