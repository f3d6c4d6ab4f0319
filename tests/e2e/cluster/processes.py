"""The cluster's processes on this machine: each is started from a record, by which it is stopped and started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.e2e.cluster.layout import LOGS, STATE

RECORDS = STATE / "processes"

STARTED: list[subprocess.Popen[bytes]] = []
"""Kept, since Python warns of a process that runs on when nobody refers to it any more. These are meant to."""


def start(name: str, command: list[str | Path] | None = None) -> None:
    """Start a process that outlives this one; without a command, the one that was recorded when it was first started."""
    RECORDS.mkdir(parents=True, exist_ok=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    record = RECORDS / f"{name}.json"
    arguments = [str(part) for part in command] if command else json.loads(record.read_text())["command"]
    with (LOGS / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            arguments, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=STATE, start_new_session=True
        )
    STARTED.append(process)
    record.write_text(json.dumps({"command": arguments, "pid": process.pid, "born": _born(process.pid)}))


def stop(name: str, patience: float = 10) -> None:
    """End a process, by force where it does not end in time. It is told from a later one with the same number."""
    if (pid := running(name)) is None:
        return
    os.kill(pid, signal.SIGTERM)
    try:
        until(lambda: running(name) is None, patience, f"the end of {name}")
    except TimeoutError:
        os.kill(pid, signal.SIGKILL)
        until(lambda: running(name) is None, patience, f"the end of {name}")


def running(name: str) -> int | None:
    """The process's number, or None where it does not run."""
    try:
        record = json.loads((RECORDS / f"{name}.json").read_text())
    except FileNotFoundError:
        return None
    return record["pid"] if record["born"] and _born(record["pid"]) == record["born"] else None


def names() -> list[str]:
    """All that were ever started, the latest last."""
    return [path.stem for path in sorted(RECORDS.glob("*.json"), key=lambda path: path.stat().st_mtime)]


def until(true: Callable[[], object], seconds: float, what: str) -> None:
    """Wait for something to be true; raises TimeoutError with its name."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come in {seconds:g} s; the logs are in {LOGS}")
        time.sleep(0.2)


def _born(pid: int) -> str:
    """When a process began, in the kernel's ticks since boot; empty where there is none or only its exit code is left."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # a child of ours that ended is a zombie until someone asks
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if fields[0] == "Z" else fields[19]
