/** A notebook in Chinese: the English one, its prose and the texts of its code from the catalogue. */
import { sameProgram, withCodeTexts } from "./code-texts.js";
import { CODE, keyOf } from "./entries.js";
import type { Catalogue } from "./catalogue.js";
import { linesOf, sourceOf, type Notebook, type NotebookCell } from "./notebook-file.js";
import { outputInChinese } from "./outputs.js";

/** The kernel that speaks Chinese; src/setup/kernelspec.mjs writes it. */
const KERNEL = { display_name: "TypeScript (diffusion-lab, 中文)", language: "typescript", name: "tslab-zh" };

/** Above a cell that nobody has translated as it is now. */
const PENDING = "> *译文待更新*\n\n";

export function translated(notebook: Notebook, catalogue: Catalogue): Notebook {
  const current = (context: string, text: string): string | undefined => {
    const found = catalogue.get(keyOf({ context, text }));
    return found && !found.fuzzy && found.translation !== "" ? found.translation : undefined;
  };
  const cells = notebook.cells.map((cell) => translatedCell(cell, current));
  // A Chinese notebook is written from the English one: no script is its pair.
  const { jupytext: _, ...metadata } = notebook.metadata;
  return { ...notebook, cells, metadata: { ...metadata, kernelspec: KERNEL } };
}

function translatedCell(
  cell: NotebookCell,
  current: (context: string, text: string) => string | undefined,
): NotebookCell {
  const source = sourceOf(cell);
  if (cell.cell_type === "markdown") {
    const text = current(cell.id, source) ?? `${PENDING}${source}`;
    return { ...cell, source: linesOf(fromSubfolder(text)) };
  }
  if (cell.cell_type !== "code") return cell;
  const code = withCodeTexts(source, (text) => current(CODE, text));
  const safe = sameProgram(source, code) ? code : source;
  return { ...cell, source: linesOf(safe), outputs: cell.outputs?.map(outputInChinese) };
}

/** Links from notebooks/zh: to other notebooks as they are, to other files one folder further up. */
function fromSubfolder(text: string): string {
  return text.replace(/\]\((?!https?:|#|[^)]*\.ipynb)([^)\s]+)\)/g, "](../$1)");
}
