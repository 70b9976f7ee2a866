"""`npm run notebooks`: runs the course without a browser, checks it, and keeps notebooks and scripts paired.

Write only notebooks/NN-name.ts, in percent format:

    // %% [markdown]
    // # 3 · The forward process
    // %%
    import { linearSchedule } from "diffusion-lab";
    // %% tags=["exercise"]
    // %% tags=["solution"] jupyter={"source_hidden": true}
    // %% tags=["raises-exception"]

then `npm run notebooks -- --from-script --save 03`. A cell tagged exercise is the learner's stub: a run executes the
next cell tagged solution in its place, so the two may declare the same names. Every other name is declared once in a
notebook. DIFFUSION_LAB_HEADLESS=1 makes red checks throw.
"""

import argparse
import asyncio
import logging
import os
import re
import signal
import sys
from pathlib import Path

# jsonschema's grammar of international addresses, which no notebook needs, takes a second to load.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]

import execution
import pairing
from execution import Problem, Run
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from nbformat import NotebookNode
from notebook_file import CourseError, read, write, write_text
from turns import Turns
from typecheck import type_problems

CHECKOUT = Path(__file__).resolve().parents[2]
ROOT = Path(os.environ.get("DIFFUSION_LAB_ROOT") or CHECKOUT).resolve()
FOLDER = ROOT / "notebooks"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="npm run notebooks --",
        allow_abbrev=False,
        description="Runs notebooks/*.ipynb, or those whose names begin with the words given, each on a fresh kernel. "
        "Fails when a cell fails, a cell tagged raises-exception succeeds, a promise is rejected unhandled, a check is "
        "red, a figure has no data or no PNG, a cell does not pass the strict type check, or notebook and script differ.",
    )
    parser.add_argument("words", nargs="*", metavar="NN", help="the beginning of a notebook's name, such as 03")
    parser.add_argument("--save", action="store_true", help="write the new outputs into the notebooks that pass")
    direction = parser.add_mutually_exclusive_group()
    direction.add_argument(
        "--from-script", action="store_true", help="first take the cells from the script; cells keep their outputs"
    )
    direction.add_argument(
        "--to-script", action="store_true", help="write the scripts from the notebooks, after an edit in JupyterLab"
    )
    parser.add_argument("--check", action="store_true", help="pairing and type check only, run nothing")
    parser.add_argument("--jobs", type=count, help="notebooks at a time (default 2, or 1 where memory is short)")
    parser.add_argument("--timeout", type=count, default=600, metavar="S", help="seconds a cell may take (default 600)")
    parser.add_argument("--verbose", action="store_true", help="a line for each cell")
    return parser.parse_args()


def count(text: str) -> int:
    """A whole number of the command line."""
    if not re.fullmatch(r"[1-9]\d{0,5}", text):
        raise argparse.ArgumentTypeError(f'takes a whole number from 1 to 999999, got "{text}"')
    return int(text)


def select(words: list[str]) -> list[str]:
    """Names of the notebooks that begin with one of the words; of all of them without words."""
    names = sorted({file.stem for file in FOLDER.glob("[!.]*") if file.suffix in (".ipynb", ".ts")})
    if not names:
        raise CourseError(f"There is no notebook in {FOLDER}.")
    for word in words:
        if not any(name.startswith(word) for name in names):
            raise CourseError(f'No notebook begins with "{word}". There are: {", ".join(names)}.')
    return [name for name in names if not words or name.startswith(tuple(words))]


def pairing_problem(name: str, notebook: NotebookNode) -> Problem | None:
    script = FOLDER / f"{name}.ts"
    if not script.exists():
        return Problem(0, f"its script {script.name} is missing: npm run notebooks -- --to-script")
    found = pairing.difference(notebook, script.read_text(encoding="utf-8"))
    if not found:
        return None
    return Problem(0, f"notebook and script differ (--from-script takes the script's text, --to-script the notebook's):\n{found}")


def course_node() -> str:
    """The Node that runs the course's kernel."""
    try:
        return KernelSpecManager().get_kernel_spec("tslab").argv[0]
    except NoSuchKernel:
        raise CourseError("The kernel is not set up. Set it up: npm start -- --setup-only") from None


def free_memory() -> float:
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return float("inf")


async def run_all(
    notebooks: dict[str, NotebookNode], problems: dict[str, list[Problem]], options: argparse.Namespace
) -> dict[str, Run]:
    """Runs the notebooks, as many at a time as asked for, and saves each that passes as soon as it has ended."""
    places = asyncio.Semaphore(options.jobs or (2 if free_memory() > 6e9 else 1))

    async def run_one(name: str) -> Run:
        def on_cell(cell: int, seconds: float) -> None:
            if options.verbose:
                print(f"  {name} [{cell}] {seconds:.2f} s", flush=True)

        async with places:
            run = await execution.execute(notebooks[name], FOLDER, options.timeout, on_cell)
        problems[name] += run.problems
        print(f"{'✗' if problems[name] else '✓'} {name} ({run.seconds:.1f} s)", flush=True)
        if options.save:
            save(name, run, passed=not problems[name])
        return run

    turns = Turns(ROOT / ".cache" / "notebook-durations.json")
    order = [file.stem for file in turns.longest_first([FOLDER / f"{name}.ipynb" for name in notebooks])]
    runs = dict(zip(order, await asyncio.gather(*map(run_one, order)), strict=True))
    turns.keep({name: round(run.seconds, 1) for name, run in runs.items() if not problems[name]})
    return {name: runs[name] for name in notebooks}


def save(name: str, run: Run, passed: bool) -> None:
    file = FOLDER / f"{name}.ipynb"
    if not passed:
        print(f"{name}: not saved, because it fails")
    elif write(file, run.notebook):
        print(f"saved {file.relative_to(ROOT)}")


def report(runs: dict[str, Run], problems: dict[str, list[Problem]]) -> None:
    for name, found in problems.items():
        for problem in found:
            place = f"{name}, cell {problem.cell}" if problem.cell else name
            print(f"\n✗ {place}: {problem.message}", file=sys.stderr)
    if runs:
        width = max(len(name) for name in ("notebook", *runs))
        print(f"\n{'notebook':{width}}  code cells  seconds  peak MiB")
    for name, run in runs.items():
        state = "FAILED" if problems[name] else "ok"
        print(f"{name:{width}}  {run.code_cells:10}  {run.seconds:7.1f}  {run.peak_mebibytes:8}  {state:>6}")


def main() -> int:
    options = arguments()
    names = select(options.words)
    if options.to_script:
        for name in names:
            script = FOLDER / f"{name}.ts"
            if write_text(script, pairing.script_of(read(FOLDER / f"{name}.ipynb"))):
                print(f"wrote {script.relative_to(ROOT)}")
        return 0
    notebooks: dict[str, NotebookNode] = {}
    problems: dict[str, list[Problem]] = {name: [] for name in names}
    for name in names:
        file, script = FOLDER / f"{name}.ipynb", FOLDER / f"{name}.ts"
        try:
            if options.from_script:
                if not script.exists():
                    raise CourseError(f"{script} does not exist.")
                old = read(file) if file.exists() else None
                if write(file, pairing.with_script(old, script.read_text(encoding="utf-8"))):
                    print(f"wrote {file.relative_to(ROOT)}")
            if not file.exists():
                raise CourseError("it has a script but no notebook: npm run notebooks -- --from-script makes it")
            notebooks[name] = read(file)
            found = pairing_problem(name, notebooks[name])
            problems[name] += [found] if found else []
        except CourseError as error:
            problems[name].append(Problem(0, str(error)))
    for name, found in type_problems(notebooks, ROOT, course_node()).items():
        problems[name] += found
    runs = {} if options.check else asyncio.run(run_all(notebooks, problems, options))
    report(runs, problems)
    if options.check and not any(problems.values()):
        print(f"{len(names)} notebooks: scripts agree with them, and their cells pass the type check")
    return 1 if any(problems.values()) else 0


if __name__ == "__main__":
    # Where Python cannot encode ✓ and ✗ (LANG=C), they are escaped.
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stderr.reconfigure(encoding="utf-8")
    # What matters of its log is a problem of a notebook.
    logging.getLogger("traitlets").setLevel(logging.CRITICAL)
    # SIGTERM ends kernels as Ctrl-C does, also where a shell that started this in the background has Ctrl-C ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    os.environ.update(
        DIFFUSION_LAB_HEADLESS="1",
        TF_CPP_MIN_LOG_LEVEL="2",
        JUPYTER_PATH=str(CHECKOUT / ".cache/jupyter"),
        JUPYTER_RUNTIME_DIR=str(CHECKOUT / ".cache/jupyter/runtime"),
    )
    try:
        sys.exit(main())
    except CourseError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)
