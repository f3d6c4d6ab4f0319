"""Reading a Job's log: a file for each attempt, written by the process itself, so that it outlives the driver."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path


def newest_log(directory: Path) -> Path | None:
    """The log of the last attempt."""
    return max(directory.glob("*.log"), key=_number, default=None)


def next_log(directory: Path) -> Path:
    """The log of the attempt that is about to start."""
    newest = newest_log(directory)
    return directory / f"{_number(newest) + 1 if newest else 1}.log"


def read_log(log: Path, *, until: Callable[[], bool]) -> Iterator[str]:
    """The log's lines without their ends, as they come, until the writer is known to have ended."""
    with log.open(errors="replace") as lines:
        partial = ""
        while True:
            ended = until()
            for line in lines:
                partial += line
                if line.endswith("\n"):
                    yield partial.rstrip("\n")
                    partial = ""
            if ended:
                break
            time.sleep(0.2)
    if partial:
        yield partial


def _number(log: Path) -> int:
    return int(log.stem)
