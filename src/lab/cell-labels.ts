/** Cells carry their tags as classes, so that style.css can label solutions. */
import type { Cell, NotebookPanel } from "./jupyterlab.js";

const TAGS = ["exercise", "solution"];

function label(cell: Cell): void {
  const tags = cell.model.getMetadata("tags");
  for (const tag of TAGS) {
    cell.node.classList.toggle(`diffusion-lab-${tag}`, Array.isArray(tags) && tags.includes(tag));
  }
}

/** Labels the cells of a notebook, also those that come or change later. */
export function labelCells({ content }: NotebookPanel): void {
  const labelAll = (): void => content.widgets.forEach(label);
  content.modelContentChanged.connect(labelAll);
  labelAll();
}
