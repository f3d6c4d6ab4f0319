"""What is to be done about held Jobs, as one pure function: whoever calls it, and however often, the answer is the same.

A Job is held until every id that it comes after is committed. Held Jobs alone are ours to release; a Job that was released
is never touched again, whatever its queue or a person does with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from ltk8s.cluster import names
from ltk8s.cluster.job import Job


@dataclass(frozen=True)
class Release:
    """Let a Job go. ``patch`` (RFC 6902) tests that it is still this Job and still held, so that it happens once."""

    name: str
    uid: str
    patch: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Blocked:
    """A Job that cannot start as things are: ``failed`` predecessors ended without a result, ``missing`` ones have neither
    result nor Job. The latter is also so for a moment while a run is being submitted: its fusion comes first."""

    name: str
    uid: str
    failed: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def reason(self) -> str:
        """
        >>> Blocked("f", "1", failed=("a", "b"), missing=("c",)).reason
        'a and b failed; c has neither a Job nor a result'
        """
        parts = []
        if self.failed:
            parts.append(f"{_listed(self.failed)} failed")
        if self.missing:
            parts.append(f"{_listed(self.missing)} {'has' if len(self.missing) == 1 else 'have'} neither a Job nor a result")
        return "; ".join(parts)


Action = Release | Blocked


def reconcile(jobs: Iterable[Job], committed: AbstractSet[str]) -> list[Action]:
    """Return what is to be done, in order of name.

    Args:
        jobs: the Jobs of one store, looked up *before* ``committed``, or one that has just ended seems to lack its result.
        committed: the ids that have a result; those of the held Jobs' predecessors suffice.
    """
    by_name = {job.name: job for job in jobs}
    held = [job for _, job in sorted(by_name.items()) if job.phase == "held" and not job.deleting]
    return [action for job in held if (action := _action(job, by_name, committed))]


def _action(job: Job, by_name: Mapping[str, Job], committed: AbstractSet[str]) -> Action | None:
    lacking = [id for id in job.predecessors if id not in committed]
    if not lacking:
        return Release(job.name, job.uid, _patch(job))
    failed = tuple(id for id in lacking if id in by_name and by_name[id].finished and not by_name[id].deleting)
    missing = tuple(id for id in lacking if id not in by_name)
    return Blocked(job.name, job.uid, failed, missing) if failed or missing else None


def _patch(job: Job) -> tuple[Mapping[str, Any], ...]:
    """With a queue the Job enters it and stays suspended: then un-suspending is Kueue's."""
    held = _pointer("metadata", "labels", names.HELD)
    tests = (
        {"op": "test", "path": "/metadata/uid", "value": job.uid},
        {"op": "test", "path": held, "value": job.labels[names.HELD]},
        {"op": "test", "path": "/spec/suspend", "value": True},
    )
    unheld = {"op": "remove", "path": held}
    if queue := job.annotations.get(names.QUEUE):
        enqueued = {"op": "add", "path": _pointer("metadata", "labels", names.KUEUE_QUEUE), "value": queue}
        return (*tests, unheld, enqueued)
    return (*tests, unheld, {"op": "replace", "path": "/spec/suspend", "value": False})


def _pointer(*keys: str) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


def _listed(ids: tuple[str, ...]) -> str:
    return " and ".join([", ".join(ids[:-1]), ids[-1]] if len(ids) > 1 else ids)
