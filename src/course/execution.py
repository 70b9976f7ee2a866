"""Runs one notebook on a fresh kernel, as a learner goes through it, and lists what went wrong."""

import asyncio
import re
import tempfile
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from time import monotonic

from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from attempts import wrong_answer
from notebook_file import tags

EXERCISE, SOLUTION, RAISES = "exercise", "solution", "raises-exception"
PLOTLY = "application/vnd.plotly.v1+json"
HEADLESS = "DIFFUSION_LAB_HEADLESS"
WRONG_ANSWER_SECONDS = 10


@dataclass(frozen=True)
class Problem:
    """Something that must not be; cells count from 1 over all cells of the file, 0 is the whole notebook."""

    cell: int
    message: str


@dataclass
class Run:
    """What a run gave: the notebook with its new outputs, and how it went."""

    notebook: NotebookNode
    problems: list[Problem] = field(default_factory=list)
    code_cells: int = 0
    seconds: float = 0
    peak_mebibytes: int = 0


def pairs(cells: list[NotebookNode]) -> list[tuple[int, int]]:
    """Exercises with their solutions, which follow before the next exercise."""
    found = []
    stub = None
    for index, cell in enumerate(cells):
        if EXERCISE in tags(cell):
            stub = index
        elif SOLUTION in tags(cell) and stub is not None:
            found.append((stub, index))
            stub = None
    return found


def pairing_problems(cells: list[NotebookNode]) -> list[Problem]:
    """Exercises without a solution, and solutions without an exercise."""
    paired = {index for pair in pairs(cells) for index in pair}
    lone = [(number, tags(cell)) for number, cell in enumerate(cells, 1) if number - 1 not in paired]
    return [
        *(Problem(at, "an exercise needs a cell tagged solution after it") for at, own in lone if EXERCISE in own),
        *(Problem(at, "a solution needs a cell tagged exercise before it") for at, own in lone if SOLUTION in own),
    ]


def traceback_of(error: dict) -> str:
    text = "\n".join(error.get("traceback", [])) or f"{error['ename']}: {error['evalue']}"
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def cell_problems(cell: NotebookNode, status: str, may_raise: bool) -> list[str]:
    """What is wrong with an executed cell, also what an earlier cell threw while this one ran."""
    errors = [traceback_of(output) for output in cell.outputs if output.output_type == "error"]
    if may_raise:
        errors = ["is tagged raises-exception, but it succeeded"] if status == "ok" else []
    elif status != "ok" and not errors:
        errors = ["failed without an error message"]
    for output in cell.outputs:
        figure = output.get("data", {}).get(PLOTLY)
        if figure is None:
            continue
        if not figure.get("data"):
            errors.append("a figure without data")
        elif "image/png" not in output.data:
            errors.append("a figure without a PNG beside it")
    return errors


def verdicts(cell: NotebookNode) -> str:
    """What the checks of an executed cell say, in plain text."""
    return "\n".join(str(output.get("data", {}).get("text/plain", "")) for output in cell.outputs)


class Client(NotebookClient):
    """nbclient, with streams joined as JupyterLab joins them, and errors kept that come after their cell."""

    late_errors: list[str]

    def output(self, outs, msg, display_id, cell_index):
        last = outs[-1] if outs and not self.clear_before_next_output else {}
        content = msg["content"]
        if msg["msg_type"] == last.get("output_type") == "stream" and last["name"] == content["name"]:
            last["text"] += content["text"]
            return last
        return super().output(outs, msg, display_id, cell_index)

    async def async_start_new_kernel_client(self):
        kernel = await super().async_start_new_kernel_client()
        receive = kernel.iopub_channel.get_msg
        ended = set()
        self.late_errors = []

        async def receive_and_note(**options):
            message = await receive(**options)
            request = message["parent_header"].get("msg_id")
            if message["content"].get("execution_state") == "idle":
                ended.add(request)
            elif message["msg_type"] == "error" and request in ended:
                self.late_errors.append(traceback_of(message["content"]))
            return message

        kernel.iopub_channel.get_msg = receive_and_note
        return kernel

    async def drain(self, seconds: float) -> None:
        """Listens on: promises that nobody waits for may still fail."""
        try:
            while True:
                await self.kc.iopub_channel.get_msg(timeout=seconds)
        except Empty:
            pass

    async def for_the_record(self, yes: bool) -> None:
        """Whether red checks throw from now on, as in a headless run, or only show, as before a learner."""
        await self.kc.execute(f'process.env["{HEADLESS}"] = "{yes:d}";', silent=True, reply=True)

    async def attempt(self, index: int, source: str) -> NotebookNode:
        """Runs another text in the place of a cell, without a number of its own; returns the cell as it was then."""
        cell = self.nb.cells[index]
        written = cell.source
        cell.source = source
        try:
            await self.async_execute_cell(cell, index, store_history=False)
            return deepcopy(cell)
        finally:
            cell.update(source=written, outputs=[], execution_count=None)
            self.clear_display_id_mapping(index)


def peak_mebibytes(pid: int) -> int:
    """The highest resident memory so far, on Linux, of the process that a kernel's launcher has started, else 0."""
    try:
        kernel = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{kernel}/status").read_text())
    except (OSError, IndexError):
        return 0
    return round(int(found[1]) / 1024) if found else 0


async def exercise_problems(client: Client, statuses: list[str], stub: int, solution: int) -> list[str]:
    """What is wrong with an exercise that a learner meets: unanswered, answered wrongly, then rightly.

    It is left unanswered, as it is in Run All. The solution's own cell runs in its turn.
    """
    cells = client.nb.cells
    unanswered, answered = cells[stub].source, cells[solution].source
    may_raise = {at: RAISES in tags(cells[at]) for at in (stub, solution)}
    found = []
    await client.for_the_record(False)
    cell = await client.attempt(stub, unanswered)
    found += [f"unanswered: {text}" for text in cell_problems(cell, statuses[-1], may_raise[stub])]
    if re.search(r"^✓ \S+ correct", verdicts(cell), re.MULTILINE):
        found.append(f"counts as answered before it is:\n{verdicts(cell)}")
    patience, client.timeout, client.interrupt_on_timeout = client.timeout, WRONG_ANSWER_SECONDS, True
    await client.attempt(stub, wrong_answer(unanswered, answered))
    client.timeout, client.interrupt_on_timeout = patience, False
    await client.for_the_record(True)
    cell = await client.attempt(stub, answered)
    found += [f"the right answer after a wrong one: {text}" for text in cell_problems(cell, statuses[-1], may_raise[solution])]
    if any(cell.cell_type == "code" for cell in cells[stub + 1 : solution]):
        await client.for_the_record(False)
        await client.attempt(stub, unanswered)
        await client.for_the_record(True)
    return found


async def execute(
    notebook: NotebookNode, folder: Path, cell_timeout: int, on_cell: Callable[[int, float], None]
) -> Run:
    """Runs every code cell in its order, exercises as a learner does, on a kernel that starts in `folder`."""
    started = monotonic()
    run = Run(deepcopy(notebook))
    cells = run.notebook.cells
    for cell in cells:
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
    run.problems += pairing_problems(cells)
    solutions = dict(pairs(cells))
    kernel = AsyncKernelManager(kernel_name="tslab")
    statuses: list[str] = []
    client = Client(
        run.notebook,
        km=kernel,
        timeout=cell_timeout,
        iopub_timeout=60,
        raise_on_iopub_timeout=True,
        allow_errors=True,
        record_timing=False,
        store_widget_state=False,
        on_cell_executed=lambda execute_reply, **_: statuses.append(execute_reply["content"]["status"]),
    )
    with tempfile.TemporaryFile() as log:
        await kernel.start_kernel(cwd=str(folder), stdout=log, stderr=log)
        stuck = False
        try:
            await client.async_start_new_kernel_client()
            for index, cell in enumerate(cells):
                if cell.cell_type != "code" or not cell.source.strip():
                    continue
                cell_started = monotonic()
                if index in solutions:
                    found = await exercise_problems(client, statuses, index, solutions[index])
                else:
                    await client.async_execute_cell(cell, index)
                    run.code_cells += 1
                    found = cell_problems(cell, statuses[-1], RAISES in tags(cell))
                on_cell(index + 1, monotonic() - cell_started)
                run.problems += [Problem(index + 1, text) for text in found]
            await client.drain(0.2)
            run.problems += [Problem(0, f"after its cell had ended: {text}") for text in client.late_errors]
        except CellTimeoutError:
            stuck = True
            run.problems.append(Problem(index + 1, f"did not end within {cell_timeout} s (--timeout S gives it longer)"))
        except RuntimeError as error:
            if await kernel.is_alive():
                # nbclient takes a cancelled task (Ctrl-C) for a dead kernel.
                raise asyncio.CancelledError if isinstance(error, DeadKernelError) else error
            log.seek(0)
            said = log.read().decode(errors="replace").strip()[-2000:]
            run.problems.append(Problem(0, f"the kernel ended before its notebook did.\n{said}".strip()))
        finally:
            # After a kernel that did not start, nbclient has cleaned up itself.
            if client.km:
                run.peak_mebibytes = peak_mebibytes(kernel.provisioner.pid) if kernel.has_kernel else 0
                client.kc.stop_channels()
                await kernel.shutdown_kernel(now=stuck)
    run.seconds = monotonic() - started
    return run
