"""The parts of the course's tools one by one: files, pairing, the order of cells, the verdict on a cell."""

import asyncio
import json
import os
import sys
import tempfile
import unittest
from argparse import ArgumentTypeError
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src" / "course"))

from run import count  # First, because it spares a slow import.
from attempts import wrong_answer
from execution import PLOTLY, cell_problems, execute, pairing_problems, pairs
from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from notebook_file import WIDGET_VIEW, CourseError, javascript_digits, read, text_of, write, write_text
from pairing import difference, parse_script, script_of, with_script
from turns import Turns
from typecheck import order


def tagged(*tags: str) -> NotebookNode:
    return new_code_cell("1", metadata={"tags": list(tags)})


class Files(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name) / "n.ipynb"

    def test_what_is_read_is_written_to_the_same_bytes_with_the_numbers_of_javascript(self) -> None:
        numbers = '{"data": [{"y": [1, 1.5, 1e-7, 0.0000412842, 1e+21, -0.25, 100000000000000000000, 5e-324]}]}'
        cell = {"cell_type": "code", "id": "a", "execution_count": 1, "metadata": {"tags": ["é"]}, "source": ["1\n", "2"]}
        cell["outputs"] = [{"output_type": "display_data", "metadata": {"width": 2}, "data": {PLOTLY: "NUMBERS"}}]
        notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        text = json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        indented = json.dumps(json.loads(numbers, parse_float=lambda digits: f"<{digits}>"), indent=1)
        text = text.replace('"NUMBERS"', indented.replace('"<', "").replace('>"', "").replace("\n", "\n      "))
        self.file.write_text(text, encoding="utf-8")
        self.assertFalse(write(self.file, read(self.file)))
        self.assertEqual(self.file.read_text(encoding="utf-8"), text)
        self.assertIn("0.0000412842,", text)

    def test_a_number_is_written_as_javascript_writes_it(self) -> None:
        for value, digits in [
            (0.0, "0"), (-0.0, "0"), (0.5, "0.5"), (-12.75, "-12.75"), (100.0, "100"), (1e16, "10000000000000000"),
            (123456789012345680000.0, "123456789012345680000"), (1e20, "100000000000000000000"), (1e21, "1e+21"),
            (-1.5e300, "-1.5e+300"), (1e-6, "0.000001"), (4.12842e-05, "0.0000412842"), (1.5e-07, "1.5e-7"), (5e-324, "5e-324"),
        ]:
            self.assertEqual(javascript_digits(value), digits)

    def test_timings_versions_and_live_widgets_are_not_saved_and_what_stands_beside_them_is(self) -> None:
        data = {WIDGET_VIEW: {"model_id": "1"}, "text/plain": "slider"}
        metadata = {"execution": {"started": "now"}, "tags": ["t"]}
        cell = new_code_cell("1", outputs=[new_output("display_data", data=data)], metadata=metadata)
        language = {"language_info": {"name": "typescript", "version": "5.9.3"}}
        self.assertTrue(write(self.file, new_notebook(cells=[cell], metadata=language)))
        self.assertEqual(read(self.file).metadata, {"language_info": {"name": "typescript"}})
        saved = read(self.file).cells[0]
        self.assertEqual(saved.outputs[0].data, {"text/plain": "slider"})
        self.assertEqual(saved.metadata, {"tags": ["t"]})

    def test_what_is_no_notebook_is_refused_with_a_remedy(self) -> None:
        for text, message in [
            ("", r"n\.ipynb is empty.*git checkout"),
            ('{"cells": [', r"is not JSON.*git checkout"),
            ("{}", "no notebook: it has no nbformat or no cells"),
            ("[]", "no notebook"),
            ('{"nbformat": 5, "cells": []}', r"format 5; the course reads format 4: save it as format 4"),
            ('{"nbformat": 3, "cells": []}', r"format 3.*save it in JupyterLab"),
            ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"id": "a", "cell_type": "prose", "metadata": {}, "source": ""}]}', r"at cells\.0: .*prose"),
        ]:
            self.file.write_text(text)
            self.assertRaisesRegex(CourseError, message, read, self.file)
        self.assertRaisesRegex(CourseError, "cannot be read: No such file", read, self.file.with_name("missing"))

    def test_a_file_is_written_whole_only_when_it_changes_and_nothing_else_is_left(self) -> None:
        self.assertTrue(write_text(self.file, "one"))
        self.assertFalse(write_text(self.file, "one"))
        self.assertRaises(OSError, write_text, self.file.parent / "missing" / "b", "two")
        self.assertEqual([found.name for found in self.file.parent.iterdir()], ["n.ipynb"])


class Pairing(unittest.TestCase):
    def test_every_kind_of_cell_survives_the_way_through_the_script(self) -> None:
        lines = ["# d", "$x_t$", "", "`${e}`", "!done", "%time", "x?", "cd a", "/* a", "'use strict'", "// // x", "é", "  b"]
        for make in (new_code_cell, new_markdown_cell, new_raw_cell):
            for metadata in ({}, {"tags": ["a", "b ] c"], "jupyter": {"source_hidden": True}}):
                cells = [make("\n".join(["const a = 1;", *lines, "end"]), metadata=metadata), make("", metadata=metadata)]
                back = parse_script(script_of(new_notebook(cells=cells))).cells
                content = [[(cell.cell_type, cell.source, cell.metadata) for cell in side] for side in (cells, back)]
                self.assertEqual(content[0], content[1])

    def test_the_script_is_as_an_author_writes_it(self) -> None:
        script = '// %% [markdown]\n// # Title\n//\n// $x_t$\n\n// %% tags=["exercise"] jupyter={"source_hidden": true}\n// é\n'
        metadata = {"jupyter": {"source_hidden": True}, "tags": ["exercise"], "trusted": True}
        cells = [new_markdown_cell("# Title\n\n$x_t$"), new_code_cell("// é", metadata=metadata)]
        self.assertEqual(script_of(new_notebook(cells=cells)), script)
        header = "// ---\n// jupyter:\n//   jupytext:\n//     formats: ipynb,ts:percent\n// ---\n\n"
        self.assertEqual(script_of(parse_script(header + script)), script)

    def test_a_marker_line_that_no_cell_can_keep_is_refused(self) -> None:
        for line in ("// %% some title", "// %% tags=[x]", '// %% key="value"'):
            self.assertRaisesRegex(CourseError, r"cell 1 of the script: .*key=JSON", parse_script, f"{line}\n1\n")
        header = "// ---\n// jupyter:\n//   kernelspec:\n//     name: tslab\n// ---\n"
        self.assertRaisesRegex(CourseError, "header .* 'display_name' is a required", parse_script, header)

    def test_a_difference_is_shown_and_none_is_empty(self) -> None:
        notebook = new_notebook(cells=[new_code_cell("const a = 1;")])
        self.assertEqual(difference(notebook, "// %%\nconst a = 1;\n\n\n"), "")
        for script in ("// %%\nconst a = 2;\n", "// %%\n", '// %% tags=["t"]\nconst a = 1;\n', "// %% [markdown]\n// const a = 1;\n"):
            self.assertRegex(difference(notebook, script), r"(?s)--- notebook\n\+\+\+ script\n.*\n[-+]")

    def test_cells_of_a_changed_script_keep_their_outputs_and_ids(self) -> None:
        outputs = [new_output("stream", text="1\n")]
        old = new_notebook(cells=[new_code_cell(text, outputs=outputs, execution_count=1) for text in ("a()", "b()", "c()")])
        old.cells[1].metadata = from_dict({"trusted": True, "tags": ["old"]})
        paired = with_script(old, '// %%\na()\n// %% tags=["t"]\nrenamed()\n// %%\nc()\n// %%\nnew()\n')
        self.assertEqual([cell.source for cell in paired.cells], ["a()", "renamed()", "c()", "new()"])
        self.assertEqual([cell.id for cell in paired.cells[:3]], [cell.id for cell in old.cells])
        self.assertEqual([cell.outputs for cell in paired.cells], [outputs, outputs, outputs, []])
        self.assertEqual(paired.cells[1].metadata, {"trusted": True, "tags": ["t"]})
        self.assertEqual(paired.metadata.kernelspec.name, "tslab")


class Course(unittest.TestCase):
    def test_every_notebook_and_its_script_say_the_same_and_writing_either_changes_no_byte(self) -> None:
        notebooks = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
        self.assertGreater(len(notebooks), 0)
        for file in notebooks:
            script = file.with_suffix(".ts").read_text(encoding="utf-8")
            self.assertEqual(difference(read(file), script), "", file.name)
            self.assertEqual(script_of(read(file)), script, file.name)
            self.assertEqual(text_of(with_script(read(file), script)), file.read_text(encoding="utf-8"), file.name)


class Kernels(unittest.TestCase):
    def test_a_kernel_that_does_not_start_is_reported_with_what_it_wrote(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            spec = Path(folder, "kernels", "tslab", "kernel.json")
            spec.parent.mkdir(parents=True)
            argv = [sys.executable, "-c", "raise SystemExit('no such flag')"]
            spec.write_text(json.dumps({"argv": argv, "display_name": "broken", "language": "typescript"}))
            notebook = new_notebook(cells=[new_code_cell("1")])
            with patch.dict(os.environ, JUPYTER_PATH=folder, JUPYTER_RUNTIME_DIR=folder), self.assertLogs("traitlets"):
                run = asyncio.run(execute(notebook, Path(folder), 5, lambda *_: None))
        self.assertEqual(run.code_cells, 0)
        self.assertRegex(run.problems[0].message, "ended before its notebook did.*\nno such flag")


class Order(unittest.TestCase):
    def test_the_longest_starts_first_and_before_it_those_that_never_ran_the_largest_of_them_first(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / f"{name}.ipynb" for name in ("short", "new", "long", "newer")]
            for file, size in zip(files, (400, 200, 100, 300), strict=True):
                file.write_text("x" * size)
            record = Path(folder) / "made" / "durations.json"
            Turns(record).keep({"short": 1.5, "long": 90})
            Turns(record).keep({"short": 2})
            starts = [file.stem for file in Turns(record).longest_first(files)]
            self.assertEqual(starts, ["newer", "new", "long", "short"])
            for damaged in ("{", "[1]", '{"a": null}'):
                record.write_text(damaged)
                self.assertEqual([file.stem for file in Turns(record).longest_first(files)], ["short", "newer", "new", "long"])


class Verdict(unittest.TestCase):
    def test_a_module_for_the_type_check_holds_the_stub_of_an_exercise_or_the_solution_in_its_place(self) -> None:
        cells = [new_code_cell("0"), tagged("exercise"), new_markdown_cell("text"), new_code_cell("2"), tagged("solution")]
        self.assertEqual(pairs(cells), [(1, 4)])
        self.assertEqual(order(cells, with_solutions=True), [0, 4, 3])
        self.assertEqual(order(cells, with_solutions=False), [0, 1, 3])
        self.assertEqual(pairing_problems(cells), [])
        lone = [tagged("exercise"), tagged("exercise"), tagged("solution"), tagged("solution")]
        self.assertEqual(order(lone, with_solutions=True), [0, 2, 3])
        self.assertEqual([problem.cell for problem in pairing_problems(lone)], [1, 4])

    def test_a_wrong_answer_differs_from_the_solution_where_the_learner_writes(self) -> None:
        check = 'check("1", f(1), 2 * 3 + 4)'
        for stub, solution, expected in [
            ("undefined", "a + b - c * d / e", "a - b + c / d * e"),
            ("undefined", "xs.findIndex((x) => x < 0.5) - 1", "xs.findIndex((x) => x < 0.5) + 1"),
            ("undefined", "-(x ** 2)", "-(x ** 3)"),
            ("undefined", "x1[3]", "x1[4]"),
            ("undefined", "// a + b\n[7, 8]", "// a + b\n[8, 9]"),
            ("undefined", "x", "x"),
        ]:
            self.assertEqual(wrong_answer(f"{stub}\n{check}", f"{solution}\n{check}"), f"{expected}\n{check}")

    def test_a_figure_needs_data_and_a_png(self) -> None:
        for figure, beside, expected in [
            ({"data": []}, {"image/png": "A"}, ["a figure without data"]),
            ({"data": [{}]}, {}, ["a figure without a PNG beside it"]),
            ({"data": [{}]}, {"image/png": "A"}, []),
        ]:
            cell = new_code_cell("1", outputs=[new_output("display_data", data={PLOTLY: figure, **beside})])
            self.assertEqual(cell_problems(cell, "ok", may_raise=False), expected)

    def test_a_cell_answers_for_every_error_under_it(self) -> None:
        def judged(status: str, *errors: str, may_raise: bool = False) -> list[str]:
            outputs = [
                new_output("error", ename="Error", evalue=text, traceback=[f"\x1b[31mError: {text}"]) for text in errors
            ]
            cell = new_code_cell("1", outputs=[new_output("stream", text="fine"), *outputs])
            return cell_problems(cell, status, may_raise)

        self.assertEqual(judged("error", "TS2322", "too late"), ["Error: TS2322", "Error: too late"])
        self.assertEqual(judged("ok", "too late"), ["Error: too late"])
        self.assertEqual(judged("ok"), [])
        self.assertEqual(judged("aborted"), ["failed without an error message"])
        self.assertEqual(judged("error", "as wanted", may_raise=True), [])
        self.assertEqual(judged("ok", may_raise=True), ["is tagged raises-exception, but it succeeded"])

    def test_numbers_of_the_command_line_are_whole(self) -> None:
        self.assertEqual([count(text) for text in ("1", "600")], [1, 600])
        for text in ("0", "-1", "abc", "1.5", "1e3", "", "1000000"):
            self.assertRaisesRegex(ArgumentTypeError, "takes a whole number from 1 to 999999", count, text)


if __name__ == "__main__":
    unittest.main()
