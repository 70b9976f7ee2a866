"""Pairs a notebook with a TypeScript script in jupytext's percent format."""

import difflib
from itertools import islice

import jupytext
from jupytext.combine import combine_inputs_with_outputs
from nbformat import NotebookNode, ValidationError, from_dict

from notebook_file import CourseError

FORMAT = "ts:percent"

# Metadata that an author writes; the rest belongs to the editor and stays in the notebook.
WRITTEN = ("tags", "jupyter")

METADATA = {
    "jupytext": {"formats": f"ipynb,{FORMAT}"},
    "kernelspec": {"display_name": "TypeScript (diffusion-lab)", "language": "typescript", "name": "tslab"},
    "language_info": {
        "codemirror_mode": {"mode": "typescript", "name": "javascript", "typescript": True},
        "file_extension": ".ts",
        "mimetype": "text/typescript",
        "name": "typescript",
        "nbconvert_exporter": "script",
        "pygments_lexer": "typescript",
    },
}


def script_of(notebook: NotebookNode) -> str:
    """The script that says what the notebook's cells say, without outputs and without a header."""
    cells = []
    for cell in notebook.cells:
        written = {key: cell.metadata[key] for key in WRITTEN if key in cell.metadata}
        cells.append(NotebookNode(cell_type=cell.cell_type, source=cell.source, metadata=NotebookNode(written)))
    no_header = NotebookNode(jupytext=NotebookNode(notebook_metadata_filter="-all"))
    bare = NotebookNode(cells=cells, metadata=no_header, nbformat=4, nbformat_minor=5)
    # Beside the header, jupytext names the encoding for Python's sake.
    return jupytext.writes(bare, FORMAT).removeprefix("// -*- coding: utf-8 -*-\n")


def parse_script(text: str) -> NotebookNode:
    """The cells of a script; raises CourseError for a marker line that says what no cell can keep."""
    try:
        notebook = jupytext.reads(text, FORMAT)
    except ValidationError as error:
        raise CourseError(f"the header of the script is no metadata of a notebook: {error.message}.") from None
    for number, cell in enumerate(notebook.cells, 1):
        cell.metadata.pop("lines_to_next_cell", None)
        unknown = [key for key in cell.metadata if key not in WRITTEN]
        if unknown:
            raise CourseError(
                f"cell {number} of the script: after \"// %%\" stand [markdown], [raw] and key=JSON pairs such as "
                f'tags=["exercise"], not {unknown[0]} {cell.metadata[unknown[0]]!r}.'
            )
    return notebook


def difference(notebook: NotebookNode, script: str) -> str:
    """Where notebook and script differ, as the first lines of a diff; empty where they agree."""
    ours, theirs = (script_of(cells).splitlines() for cells in (notebook, parse_script(script)))
    return "\n".join(islice(difflib.unified_diff(ours, theirs, "notebook", "script", n=1, lineterm=""), 12))


def with_script(notebook: NotebookNode | None, script: str) -> NotebookNode:
    """The notebook with the script's cells. Cells keep their ids and outputs, where jupytext recognises them."""
    cells = parse_script(script)
    paired = combine_inputs_with_outputs(cells, notebook, FORMAT) if notebook else cells
    paired.metadata = from_dict(METADATA)
    return paired
