"""One Job on this machine: attempt after attempt, until it is finished, removed, suspended or set aside."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from ltk8s.cluster.job import Job, Manifest
from ltk8s.cluster.local import status
from ltk8s.cluster.local.cluster import LocalCluster, grace_of
from ltk8s.cluster.local.locks import RunLock
from ltk8s.cluster.local.logs import next_log
from ltk8s.cluster.local.process import Container

Cause = Literal["removed", "suspended", "deadline", "stopped"]
"""Why an attempt was told to leave: its Job is gone, was suspended, took too long; or the driver itself was told to stop."""


class Runner:
    """Holds the Job's lock from its first attempt on, the pauses between attempts included."""

    def __init__(self, cluster: LocalCluster, job: Job, lock: RunLock, *, backoff: float) -> None:
        self.name, self.uid = job.name, job.uid
        self.closed = False
        self._cluster = cluster
        self._lock = lock
        self._grace = grace_of(job)
        self._backoff = backoff
        self._container: Container | None = None
        self._not_before = 0.0
        self._cause: Cause | None = None
        self._kill_at = 0.0

    @property
    def ready_to_start(self) -> bool:
        """Whether the next attempt is due."""
        return not self.closed and self._container is None and time.monotonic() >= self._not_before

    def start(self, job: Job, gpus: Sequence[str]) -> None:
        """Begin an attempt. To be called under ``files.changing``."""
        files = self._cluster.files
        log = next_log(files.logs(self.name))
        self._container = Container.start(job.object, log=log, inherit=self._lock.fd, gpus=gpus, cache=self._cluster.cache)
        self._lock.say(self._container.pid, gpus)
        files.write(status.started(job.object))
        self._container.go()

    def step(self, job: Job | None) -> None:
        """Look at the attempt and at the Job as it is now, and do what follows."""
        cause = self._cause or self._cause_to_stop(job)
        if self._container is None:
            if cause:
                self._settle(None, cause)
            return
        code = self._container.exit_code()
        if code is not None:
            self._container.clean_up()
            self._container = None
            self._settle(code, self._cause)
        elif cause and self._cause is None:
            self.stop(cause)
        elif self._cause and time.monotonic() >= self._kill_at:
            self._container.kill()

    def stop(self, cause: Cause) -> None:
        """Tell the attempt to save and leave; it is killed when its grace period is over."""
        self._cause = cause
        self._kill_at = time.monotonic() + self._grace
        if self._container:
            self._container.terminate()

    def kill(self) -> None:
        """End the attempt at once."""
        if self._container:
            self._container.kill()

    def abandon(self) -> None:
        """Leave the Job's file as it is, if the attempt has ended: whoever drives next takes it for one that was killed."""
        if self._container is None and not self.closed:
            self._close()

    def _cause_to_stop(self, job: Job | None) -> Cause | None:
        if job is None or job.uid != self.uid:
            return "removed"
        if job.spec.get("suspend"):
            return "suspended"
        return "deadline" if _overdue(job) else None

    def _settle(self, code: int | None, cause: Cause | None) -> None:
        """Write what has become of the Job after an attempt's end with ``code``, or (None) between two attempts."""
        files = self._cluster.files
        with files.changing():
            job = files.read(self.name)
            if job is None or job["metadata"]["uid"] != self.uid:
                self._close()
                return
            now = Job(files.write(_after(job, code, cause)))
        if cause or now.finished:
            self._close()
        else:
            self._lock.say()
            self._not_before = time.monotonic() + status.delay(now.failures, self._backoff)

    def _close(self) -> None:
        self._lock.close()
        self.closed = True


def _after(job: Manifest, code: int | None, cause: Cause | None) -> Manifest:
    """The Job after an attempt's end, and after what made us end it. What the exit itself decides comes first."""
    if code is not None:
        job = status.ended(job, code, status.judge(job, code, disrupted=cause is not None))
    if Job(job).finished:
        return job
    if cause == "deadline":
        return status.failed(job, "DeadlineExceeded", "Job was active longer than specified deadline")
    if cause == "suspended":
        return status.suspended(job)
    return status.set_aside(job) if cause == "stopped" else job


def _overdue(job: Job) -> bool:
    deadline, since = job.spec.get("activeDeadlineSeconds"), job.status.get("startTime")
    if deadline is None or since is None:
        return False
    return (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds() > float(deadline)
