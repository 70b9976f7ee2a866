"""Notebook files: read with clear errors, written whole or not at all, numbers in JavaScript's digits."""

import json
import os
import re
from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode, from_dict

# A private character marks a number in JavaScript's digits until the text is written.
LITERAL = "\ue000"

# A view of a live widget has no model behind it in a saved notebook.
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


class CourseError(Exception):
    """What is wrong with a notebook, its script or the command, and what to do about it."""


def javascript_digits(value: float) -> str:
    """A finite number as JavaScript writes it, 1e-7 for Python's 1e-07: Number::toString of ECMA-262."""
    mantissa, _, power = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(digits) - len(fraction) + int(power or 0)
    digits = digits.rstrip("0") or "0"
    sign = "-" if value < 0 else ""
    if digits == "0" or len(digits) <= point <= 21:
        return sign + digits.ljust(point, "0")
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    return f"{sign}{digits[0]}{digits[1:] and '.'}{digits[1:]}e{point - 1:+d}"


def marked(part: object) -> object:
    """A copy of JSON in which fractions are marked texts of JavaScript's digits."""
    if isinstance(part, float):
        return LITERAL + javascript_digits(part)
    if isinstance(part, dict):
        return {key: marked(value) for key, value in part.items()}
    return [marked(item) for item in part] if isinstance(part, list) else part


def without_passing(notebook: dict) -> dict:
    """A copy without what changes from one run, one kernel or one page to the next: timings, versions, live widgets."""
    notebook = deepcopy(notebook)
    notebook["metadata"].get("language_info", {}).pop("version", None)
    for cell in notebook["cells"]:
        cell["metadata"].pop("execution", None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)
    return notebook


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
        return nbformat.reads(text, nbformat.NO_CONVERT)
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


def text_of(notebook: dict) -> str:
    """The notebook's file: as nbformat writes it, without what only passes, numbers as the kernel wrote them."""
    written = nbformat.writes(from_dict(marked(without_passing(notebook))))
    return re.sub(rf'"{LITERAL}([-+.e\d]+)"', r"\1", written) + "\n"


def write(file: Path, notebook: NotebookNode) -> bool:
    """Replaces `file` by the notebook; returns whether it changed."""
    return write_text(file, text_of(notebook))
