/** The cells of a saved notebook, as far as tests look at them. */
import { readFileSync } from "node:fs";

export interface Cell {
  readonly type: string;
  readonly source: string;
  readonly tags: readonly string[];
}

interface SavedCell {
  readonly cell_type: string;
  readonly source: readonly string[];
  readonly metadata: { readonly tags?: readonly string[] };
}

export function readCells(file: string): Cell[] {
  const { cells } = JSON.parse(readFileSync(file, "utf8")) as { cells: SavedCell[] };
  return cells.map(({ cell_type: type, source, metadata }) => ({
    type,
    source: source.join(""),
    tags: metadata.tags ?? [],
  }));
}
