"""Which notebook starts first when several run at a time: the longest, since one that starts last runs alone."""

import json
from pathlib import Path

from notebook_file import write_text


class Turns:
    """What notebooks took here, kept for the next time in a file that may be missing or damaged."""

    def __init__(self, record: Path):
        self.record = record
        self.seconds: dict[str, float] = {}
        try:
            kept = json.loads(record.read_text(encoding="utf-8"))
            self.seconds = {str(name): float(seconds) for name, seconds in kept.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            pass

    def longest_first(self, files: list[Path]) -> list[Path]:
        """Those that never ran here first, large files before small ones; then the others as long as they last took."""

        def turn(file: Path) -> tuple[bool, float]:
            seconds = self.seconds.get(file.stem)
            return seconds is not None, -(file.stat().st_size if seconds is None else seconds)

        return sorted(files, key=turn)

    def keep(self, seconds: dict[str, float]) -> None:
        """Adds what notebooks took now."""
        self.seconds |= seconds
        self.record.parent.mkdir(parents=True, exist_ok=True)
        write_text(self.record, json.dumps(self.seconds, indent=2) + "\n")
