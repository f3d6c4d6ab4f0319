"""Which drivers are alive on this machine, and which runs they drive: a file each, locked as long as the driver lives."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ltk8s.cluster.local.files import explained


@contextmanager
def registered(directory: Path, runs: Collection[str]) -> Iterator[None]:
    """Be known as the driver of ``runs`` meanwhile.

    Raises:
        ClusterError: if that cannot be written down.
    """
    record = directory / f"{uuid.uuid4().hex}.json"
    lock = FileLock(record.with_suffix(".lock"))
    with explained(directory):
        directory.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    with lock:
        try:
            with explained(directory):
                record.write_text(json.dumps(sorted(runs)))
            yield
        finally:
            _forget(record)


def driven(directory: Path, runs: Collection[str]) -> bool:
    """Whether a driver of any of these runs is alive."""
    with explained(directory):
        return any(set(runs) & set(_runs(record)) for record in directory.glob("*.json") if _alive(record))


def _alive(record: Path) -> bool:
    """Whether the record's driver still holds its lock. The record of one that was killed is removed."""
    try:
        with FileLock(record.with_suffix(".lock"), blocking=False):
            _forget(record)
            return False
    except Timeout:
        return True


def _forget(record: Path) -> None:
    """Remove a record and its lock; to be called by whoever holds the lock."""
    record.unlink(missing_ok=True)
    record.with_suffix(".lock").unlink(missing_ok=True)


def _runs(record: Path) -> list[str]:
    try:
        return list(json.loads(record.read_text()))
    except (FileNotFoundError, ValueError):
        return []
