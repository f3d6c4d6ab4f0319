"""Classifying files in a process of its own, since it needs torch and the command line never loads it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from ltk8s.errors import LtkError, UsageError

Answer = dict[str, Any]
"""``path`` with ``top`` ({class, probability} each, likeliest first), ``disagreement`` and ``dark`` (nearly black?), or with
``error`` and ``unread`` (could it not even be read?)."""


def require_torch() -> None:
    """Raise UsageError if the ``train`` extra is not installed."""
    if find_spec("torch") is None or find_spec("timm") is None:
        raise UsageError(
            "This installation cannot predict: torch and timm are not there.",
            "Run `pip install '.[train]'` in a checkout of ltk8s.",
        )


def classified(directory: Path, paths: Sequence[str]) -> Iterator[Answer]:
    """Each file's answer, in order, by the ensemble of a pulled directory.

    Raises:
        LtkError: what that process says when it cannot go on.
    """
    with tempfile.TemporaryFile("w+") as words:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "ltk8s.fusion.classify", str(directory)],  # -P: photos are no modules
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=words,
            text=True,
        )
        assert process.stdin
        assert process.stdout
        try:
            _hand_over(process.stdin, paths)
            for line in process.stdout:
                yield json.loads(line)
            if process.wait():
                words.seek(0)
                raise _failure(words.read(), process.returncode)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def _hand_over(stdin: IO[str], paths: Sequence[str]) -> None:
    """Give the process all paths. If it has left by now, its exit code and last words say why."""
    with suppress(BrokenPipeError), stdin:
        stdin.writelines(f"{json.dumps(path)}\n" for path in paths)


def _failure(said: str, code: int) -> LtkError:
    """The error that the process ended with; it says its own as JSON."""
    last = (said.strip().splitlines() or [f"exit code {code}"])[-1]
    try:
        words = json.loads(last)
        return LtkError(words["what"], words["do"])
    except (ValueError, TypeError, KeyError):
        return LtkError(f"Predicting ended early: {last}.", "If memory ran out, name fewer images at once.")
