"""Notebook files: read with clear errors, written whole or not at all, numbers kept digit for digit."""

import json
import os
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

# JavaScript writes 1e-7, Python 1e-07. A private character marks a number that stays as it was written.
LITERAL = "\ue000"

# A view of a live widget has no model behind it in a saved notebook.
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


class CourseError(Exception):
    """What is wrong with a notebook, its script or the command, and what to do about it."""


def marked(digits: str) -> str:
    return LITERAL + digits


def parse_json(text: str | bytes) -> object:
    """JSON whose fractions are marked literals, as `write` expects them."""
    return json.loads(text, parse_float=marked)


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def read(file: Path) -> NotebookNode:
    """The notebook in `file`; raises CourseError for what is no notebook of format 4 and leaves it as it is."""
    try:
        text = file.read_text(encoding="utf-8")
        found = json.loads(text)
    except OSError as error:
        raise CourseError(f"{file} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        what = f"is not JSON ({error})" if text.strip() else "is empty"
        raise CourseError(
            f"{file} {what}. Take the last good version from git (git checkout -- FILE), or make it again from its "
            "script: move the file away and run npm run notebooks -- --from-script."
        ) from None
    if not isinstance(found, dict) or not isinstance(found.get("nbformat"), int) or "cells" not in found:
        raise CourseError(f"{file} is JSON but no notebook: it has no nbformat or no cells.")
    version = found["nbformat"]
    if version != 4:
        remedy = "save it as format 4 where it was made" if version > 4 else "open and save it in JupyterLab"
        raise CourseError(f"{file} has notebook format {version}; the course reads format 4: {remedy}.")
    try:
        nbformat.validate(found)
        return nbformat.reads(text, nbformat.NO_CONVERT, parse_float=marked)
    except nbformat.ValidationError as error:
        where = ".".join(str(part) for part in error.absolute_path)
        raise CourseError(f"{file} is no valid notebook, at {where or 'its top'}: {error.message}") from None


def write_text(file: Path, text: str) -> bool:
    """Replaces `file` in one step, if it differs; returns whether it did."""
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return False
    temporary = file.with_name(f".{file.name}.tmp-{os.getpid()}")
    try:
        # "x": a link that lies in wait under this name is not followed.
        with temporary.open("x", encoding="utf-8", newline="\n") as target:
            target.write(text)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    return True


def text_of(notebook: NotebookNode) -> str:
    """The notebook's file: as nbformat writes it, without timings and live widgets, which it drops."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)
    return re.sub(rf'"{LITERAL}([-+.eE\d]+)"', r"\1", nbformat.writes(notebook)) + "\n"


def write(file: Path, notebook: NotebookNode) -> bool:
    """Replaces `file` by the notebook; returns whether it changed."""
    return write_text(file, text_of(notebook))
