"""The lock that keeps one Job from running twice on this machine.

It is a ``flock``, which belongs to the open file and not to the process. The driver takes it and its learner inherits it, so it
stays locked while either is alive: when a driver is killed, its learner keeps others from starting a second one; when both are
gone, the system lets go. The file says who they are, each by process id and start time, since ids are used again.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ltk8s.errors import ClusterError

AFTER_KILL_SECONDS = 10
"""How long a killed process may take to be gone, and its driver to notice."""


RECORD_BYTES = 4096
"""What a lock's file says is always as long as a page and written at once, so that no reader sees half of it."""


@dataclass(frozen=True)
class Process:
    """A process, told apart from a later one of the same id."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """The process ``pid``; None where there is none."""
        started = _start_time(pid)
        return cls(pid, started) if started else None

    @property
    def alive(self) -> bool:
        return _start_time(self.pid) == self.started


@dataclass(frozen=True)
class Holder:
    """Who holds a lock: the driver, and the worker that it has started, if any, with the GPUs that it was given."""

    driver: Process
    worker: Process | None = None
    gpus: tuple[str, ...] = ()

    @property
    def orphaned(self) -> bool:
        """Whether the driver was killed and its worker goes on alone."""
        return self.worker is not None and not self.driver.alive


class RunLock:
    """A lock that was taken. Closed, it is free once no worker that inherited it is left."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    @classmethod
    def acquire(cls, path: Path) -> RunLock | None:
        """Take the lock, without waiting; None where somebody has it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return None
        lock = cls(fd)
        try:
            lock.say()
        except OSError:
            lock.close()
            raise
        return lock

    def say(self, worker: int | None = None, gpus: Sequence[str] = ()) -> None:
        """Write down who holds the lock: this process, and the worker that it has started."""
        driver = Process.of(os.getpid())
        started = Process.of(worker) if worker is not None else None
        holder = {"driver": driver and asdict(driver), "worker": started and asdict(started), "gpus": list(gpus)}
        os.pwrite(self.fd, json.dumps(holder).encode().ljust(RECORD_BYTES), 0)

    def close(self) -> None:
        """Let go. Never by LOCK_UN: that would take the lock from a worker that still runs."""
        os.close(self.fd)


def is_locked(path: Path) -> bool:
    """Whether somebody holds the lock, found by trying to share it."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def holder_of(path: Path) -> Holder | None:
    """Who holds the lock; None where nobody does, or has not said so yet."""
    if not is_locked(path):
        return None
    try:
        said = json.loads(path.read_text())
        worker = Process(**said["worker"]) if said["worker"] else None
        return Holder(Process(**said["driver"]), worker, tuple(said["gpus"]))
    except (ValueError, TypeError, KeyError):
        return None


def _start_time(pid: int) -> str:
    """When a process started, in whatever unit the system has; empty where there is none."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    if Path("/proc/self/stat").exists():
        return ""
    shown = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.strip()


def end_worker(path: Path, worker: Process, *, grace: float) -> None:
    """Have a worker save and leave, kill it after ``grace`` seconds, and return when the lock at ``path`` is no longer its.

    Raises:
        ClusterError: if it does not end even so.
    """
    _signal(worker, signal.SIGTERM)
    if _left_within(path, worker, grace):
        return
    _signal(worker, signal.SIGKILL)
    if not _left_within(path, worker, AFTER_KILL_SECONDS):
        raise ClusterError(f"The process {worker.pid} does not end.", f"End it by hand: kill -9 {worker.pid}.")


def _left_within(path: Path, worker: Process, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while (holder := holder_of(path)) and holder.worker == worker:
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _signal(worker: Process, number: signal.Signals) -> None:
    """To the worker alone when it is to save; to all of its session when it is to be gone."""
    if not worker.alive:
        return
    with suppress(ProcessLookupError, PermissionError):
        if number == signal.SIGKILL:
            os.killpg(worker.pid, number)
        else:
            os.kill(worker.pid, number)
