"""The strict type check of notebooks: each is one module, once with its solutions and once with its stubs."""

import re
import subprocess
import tempfile
from bisect import bisect_right
from pathlib import Path

from execution import RAISES, Problem, pairs
from nbformat import NotebookNode
from notebook_file import CourseError, tags

OPTIONS = (
    "--strict --noEmit --skipLibCheck --esModuleInterop --resolveJsonModule --target es2022 --lib es2023 "
    "--module esnext --moduleResolution bundler --moduleDetection force --types node --pretty false"
).split()

# tsc's line for an error, and the indented ones that go on with its text.
ERROR = re.compile(r"^(?P<file>.+)\((?P<line>\d+),(?P<column>\d+)\): error (?P<text>.*(?:\n .*)*)", re.MULTILINE)


def order(cells: list[NotebookNode], with_solutions: bool) -> list[int]:
    """Indices of the code cells as one module holds them: the stubs of exercises, or solutions in their place."""
    found = [index for index, cell in enumerate(cells) if cell.cell_type == "code"]
    for stub, solution in pairs(cells):
        found.remove(solution)
        if with_solutions:
            found[found.index(stub)] = solution
    return found


class Module:
    """The code cells of a notebook in the order they run, as the text of one module."""

    def __init__(self, cells: list[NotebookNode], with_solutions: bool) -> None:
        self.lines = ["export {};"]
        self.numbers: list[int] = []
        self.starts: list[int] = []
        for index in order(cells, with_solutions):
            # A cell that is to raise may hold a type error on purpose.
            if RAISES in tags(cells[index]):
                continue
            self.numbers.append(index + 1)
            self.starts.append(len(self.lines) + 1)
            # The semicolon ends a last statement that has none, whatever the next cell begins with.
            self.lines += [*cells[index].source.split("\n"), ";"]

    def place(self, line: int) -> tuple[int, int]:
        """The number of the cell at a line of the module, and the line in that cell; both count from 1."""
        at = bisect_right(self.starts, line) - 1
        return self.numbers[at], line - self.starts[at] + 1


def type_problems(notebooks: dict[str, NotebookNode], root: Path, node: str) -> dict[str, list[Problem]]:
    """Type errors by notebook, with the cell and the line in it, as the project's own TypeScript finds them.

    A name may be declared once in a notebook, but for an exercise and its solution.
    """
    problems: dict[str, list[Problem]] = {name: [] for name in notebooks}
    if not notebooks:
        return problems
    cache = root / ".cache"
    cache.mkdir(exist_ok=True)
    # Below the root, so that imports find the packages that cells find.
    with tempfile.TemporaryDirectory(dir=cache, prefix="typecheck-") as folder:
        modules = {}
        for name, notebook in notebooks.items():
            for variant, with_solutions in (("solutions", True), ("stubs", False)):
                file = Path(folder, f"{name}.{variant}.ts")
                modules[file.name] = name, Module(notebook.cells, with_solutions)
                file.write_text("\n".join(modules[file.name][1].lines), encoding="utf-8")
        tsc = [node, str(root / "node_modules/typescript/bin/tsc"), *OPTIONS, *(str(Path(folder, file)) for file in modules)]
        answer = subprocess.run(tsc, cwd=root, capture_output=True, encoding="utf-8", check=False)
    found = list(ERROR.finditer(answer.stdout))
    if answer.returncode != 0 and not found:
        raise CourseError(f"The type check did not run:\n{answer.stdout}{answer.stderr}")
    for error in found:
        name, module = modules[Path(error["file"]).name]
        cell, line = module.place(int(error["line"]))
        code, text = error["text"].split(": ", 1)
        problem = Problem(cell, f"{code} at line {line}, column {error['column']}: {text}")
        if problem not in problems[name]:
            problems[name].append(problem)
    return problems
