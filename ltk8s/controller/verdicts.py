"""Which held Jobs are blocked, and what is to be said about it.

A predecessor that ended without a result is told at once. One that has neither a result nor a Job may only not have been
created yet: a run's fusion is submitted before its learners. That is told when it has lasted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from ltk8s.cluster.job import Job
from ltk8s.cluster.reconcile import Blocked

GRACE_SECONDS = 60.0
"""For how long a predecessor must have been missing, and its fusion have existed, before it is said."""

LONGEST_MESSAGE = 1000
"""The API server refuses Events with more than 1,024 characters."""


@dataclass(frozen=True)
class Notice:
    """What is to be said about a Job, as Kubernetes words an Event."""

    reason: Literal["Released", "PredecessorFailed", "PredecessorMissing"]
    message: str
    type: Literal["Normal", "Warning"] = "Warning"


def released(job: Job) -> Notice:
    count = len(job.predecessors)
    learners = "its learner is committed" if count == 1 else f"all {count} learners are committed"
    queue = "enters its queue" if job.phase == "suspended" else "starts"
    return Notice("Released", f"{learners[0].upper()}{learners[1:]}: it {queue}.", "Normal")


def notices(blocked: Blocked) -> list[Notice]:
    """
    >>> [notice.reason for notice in notices(Blocked("f", "1", failed=("a",), missing=("b",)))]
    ['PredecessorFailed', 'PredecessorMissing']
    """
    said = []
    if blocked.failed:
        cause = "`ltk8s why` says why; mend it, then submit again: only what is missing is trained."
        said.append(Notice("PredecessorFailed", _message(replace(blocked, missing=()).reason, cause)))
    if blocked.missing:
        said.append(Notice("PredecessorMissing", _message(replace(blocked, failed=()).reason, "Submit the run again.")))
    return said


class Verdicts:
    """The held Jobs that are blocked now, as far as it has lasted."""

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._clock = clock
        self._now = now
        self._missing_since: dict[str, float] = {}
        self._blocked: set[str] = set()

    def judge(self, job: Job, blocked: Blocked | None) -> Blocked | None:
        """What of this verdict has lasted for long enough to be said."""
        due = self._due(job, blocked) if blocked else None
        if not (blocked and blocked.missing):
            self._missing_since.pop(job.uid, None)
        if due:
            self._blocked.add(job.name)
        else:
            self._blocked.discard(job.name)
        return due

    def keep(self, jobs: Collection[Job]) -> None:
        """Forget all but these: they are no longer held."""
        uids = {job.uid for job in jobs}
        self._blocked &= {job.name for job in jobs}
        self._missing_since = {uid: since for uid, since in self._missing_since.items() if uid in uids}

    @property
    def blocked(self) -> frozenset[str]:
        return frozenset(self._blocked)

    def _due(self, job: Job, blocked: Blocked) -> Blocked | None:
        since = self._missing_since.setdefault(job.uid, self._clock()) if blocked.missing else self._clock()
        age = (self._now() - job.created).total_seconds()
        lasting = min(self._clock() - since, age) >= GRACE_SECONDS
        due = blocked if lasting else replace(blocked, missing=())
        return due if due.failed or due.missing else None


def _message(reason: str, do: str) -> str:
    room = LONGEST_MESSAGE - len(do) - 3
    return f"{reason if len(reason) <= room else reason[: room - 1] + '…'}. {do}"
