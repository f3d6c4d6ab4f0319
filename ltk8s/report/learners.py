"""The learners behind a study: their commits and tasks, read at once, and which runs each is part of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from math import fsum
from typing import Any

from ltk8s.errors import Corrupt
from ltk8s.store import layout
from ltk8s.store.base import Store
from ltk8s.store.commit import Result, read_result, read_results
from ltk8s.store.many import get_many
from ltk8s.store.runs import Member, RunRecord


class Learners:
    """The learners of some runs. One that is not committed, or whose commit is corrupt, has no result.

    ``tasks`` are the committed ones' as JSON, in which fields at their default are left out.
    """

    def __init__(self, store: Store, records: Sequence[RunRecord]) -> None:
        self.members: dict[str, Member] = {}
        self.runs: dict[str, list[RunRecord]] = {}
        for record in records:
            for member in record.members:
                self.members[member.id] = member
                self.runs.setdefault(member.id, []).append(record)
        self.results = _read_results(store, self.members)
        self.tasks = _read_tasks(store, self.results)

    def seconds(self, ids: Iterable[str]) -> float:
        """What some learners cost in device-seconds, each counted once; exact, so that their order does not matter."""
        return fsum(float(self.results[id].provenance.get("seconds") or 0) for id in set(ids) if id in self.results)


def _read_results(store: Store, ids: Iterable[str]) -> dict[str, Result]:
    try:
        return read_results(store, "learner", ids)
    except Corrupt:  # one of them: read them one by one, and do without it
        return {id: result for id in ids if (result := _readable(store, id))}


def _readable(store: Store, id: str) -> Result | None:
    try:
        return read_result(store, "learner", id)
    except Corrupt:
        return None


def _read_tasks(store: Store, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    keys = {layout.task("learner", id): id for id in ids}
    return {keys[key]: task for key, data in get_many(store, keys).items() if (task := _parse(data))}


def _parse(data: bytes) -> dict[str, Any]:
    """A task as it is: this side needs single fields of it, in whatever version it was written. Empty if it is damaged."""
    try:
        task = json.loads(data)
    except ValueError:
        return {}
    return task if isinstance(task, dict) else {}
