/** Replaces the files of a model together, so that weights never meet a foreign configuration. */
import { readFileSync, rmSync } from "node:fs";
import { commitTogether, stageFile, type StagedFile } from "./atomic-file.js";

/** The files of a model, which belong together. */
export interface ModelFiles {
  /** Configurations by path: with other ones the weights mean something else. */
  readonly configs: Readonly<Record<string, string>>;
  /** Other texts by path. */
  readonly notes?: Readonly<Record<string, string>>;
  readonly weights: Iterable<StagedFile>;
  /** What a reader looks for to find weights, in any form of them; the last of `weights` is one of these. */
  readonly entries: readonly string[];
}

/**
 * Replaces a model so that nobody opens a mix of the old and the new. Everything is written beside its place first: what
 * fails then has changed nothing. Where a configuration changes, or weights are several files, the entries go away before
 * and come back last; a process that dies in between leaves a model without weights, which says so when it is opened.
 */
export function replaceModel({ configs, notes = {}, weights, entries }: ModelFiles): void {
  const staged: StagedFile[] = [];
  function* files(): Generator<StagedFile> {
    for (const [path, text] of Object.entries({ ...configs, ...notes })) yield stageFile(path, text);
    for (const file of weights) {
      staged.push(file);
      yield file;
    }
  }
  commitTogether(files(), () => {
    const changed = Object.entries(configs).some(([path, text]) => contentOf(path) !== text);
    if (!changed && staged.length === 1 && entries.length === 1) return;
    for (const path of entries) rmSync(path, { force: true });
  });
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
