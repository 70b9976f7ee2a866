"""What a learner does with an exercise: nothing yet, a wrong answer, the right one."""

import difflib
import re

# Spaces stand on both sides of what calculates, unlike in `=>`, `a++`, or a path in a string.
OPERATOR = re.compile(r"(?<= )[-+*/](?= )")
NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")
OPPOSITE = {"+": "-", "-": "+", "*": "/", "/": "*"}


def own_lines(stub: str, solution: str) -> list[int]:
    """Which lines of the solution the stub has not: the answer itself, without comments."""
    lines = solution.split("\n")
    matcher = difflib.SequenceMatcher(None, stub.split("\n"), lines, autojunk=False)
    new = (at for tag, _, _, begin, end in matcher.get_opcodes() if tag != "equal" for at in range(begin, end))
    return [at for at in new if not lines[at].lstrip().startswith("//")]


def wrong_answer(stub: str, solution: str) -> str:
    """The solution with its sums turned into differences and its products into quotients, or with other numbers.

    It need not run: what counts is that the right answer can still be given after it.
    """
    lines = solution.split("\n")
    for pattern, other in (
        (OPERATOR, lambda found: OPPOSITE[found[0]]),
        (NUMBER, lambda found: str(int(found[0]) + 1)),
    ):
        changed = list(lines)
        for at in own_lines(stub, solution):
            changed[at] = pattern.sub(other, lines[at])
        if changed != lines:
            return "\n".join(changed)
    return solution
