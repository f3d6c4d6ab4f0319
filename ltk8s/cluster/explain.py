"""Why a Job is not moving: one true line, from store, Job and what the cluster knows."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from ltk8s.cluster.base import Cluster
from ltk8s.cluster.job import Job
from ltk8s.cluster.state import PHASES, Phase, Snapshot, look
from ltk8s.errors import ClusterError, NotFound
from ltk8s.spec.base import Spec
from ltk8s.store import layout
from ltk8s.store.base import Store
from ltk8s.store.layout import Kind
from ltk8s.store.room import no_room
from ltk8s.store.runs import RunRecord

CLUSTER_KNOWS: set[Phase] = {"failed", "running", "pending", "suspended"}
"""Phases about which the cluster is asked; the others follow from store and Jobs."""

EXIT = "exit code"
"""A cluster's sentence with this in it leaves the reason to the worker's own words."""

PLATFORM = "the image is built for another kind of CPU than its node's"


class Reason(Spec):
    """Why one Job of a run is not moving, in words."""

    id: str
    kind: Kind
    phase: Phase
    why: str


def why(records: Sequence[RunRecord], cluster: Cluster, store: Store, *, only: str | None = None) -> list[Reason]:
    """One line per Job of the runs that is neither done nor running undisturbed; empty when all is well.

    Args:
        only: ask about this one of their ids.
    """
    seen = look(records, cluster, store)
    everything = [job for record in records for job in _jobs_of(record)]
    phases = {(kind, id): seen.phase(kind, id) for kind, id in everything if only in (None, id)}
    asked = [seen.jobs[id] for (_, id), phase in phases.items() if phase in CLUSTER_KNOWS and id in seen.jobs]
    explainer = _Explainer(seen, cluster.diagnose_all(asked) if asked else {}, cluster, store)
    reasons = [Reason(id=id, kind=kind, phase=phase, why=explainer.why(kind, id)) for (kind, id), phase in phases.items()]
    return [reason for reason in reasons if reason.why]


def _jobs_of(record: RunRecord) -> list[tuple[Kind, str]]:
    return [*(("learner", member.id) for member in record.members), (record.last_kind, record.fusion)]


def joined(*parts: str) -> str:
    """Parts of a sentence as one; those that say nothing are left out.

    >>> joined("it is pending", "", "it needs a GPU")
    'it is pending; it needs a GPU'
    """
    return "; ".join(filter(None, parts))


def failure_of(job: Job, cluster: Cluster, store: Store) -> str:
    """Why a finished Job has no result: what the cluster saw, and what the last attempt said of itself."""
    return _failure(job, "" if job.phase == "complete" else cluster.diagnose(job), cluster, store)


class _Explainer:
    """The sentence of one Job after another, from one look at store and cluster and what the cluster ``said`` by name."""

    def __init__(self, seen: Snapshot, said: dict[str, str], cluster: Cluster, store: Store) -> None:
        self._seen = seen
        self._said = said
        self._cluster = cluster
        self._store = store

    def why(self, kind: Kind, id: str) -> str:
        phase, job, said = self._seen.phase(kind, id), self._seen.jobs.get(id), self._said.get(id, "")
        if phase == "done":
            return ""
        if job is None:
            removed = _set_aside(kind, id, self._store) or "it was cancelled or removed before it had a result"
            return f"{removed}; submit again"
        if phase == "failed":
            return _failure(job, said, self._cluster, self._store)
        if phase == "blocked":
            return f"{self._seen.blocked[id].reason}; submit again to have what is missing done"
        if phase == "waiting":
            return _waiting(job, self._seen) or self._due
        told = _with_last_words(said, job, self._cluster, self._store)
        return joined(told, self._full) if phase == "running" else told

    @cached_property
    def _due(self) -> str:
        """Of a fusion that may go: who lets it, or why nobody does."""
        unattended = self._cluster.unattended(self._store.url)
        if not unattended:
            return "it is about to be released"
        return f"its learners are committed, and nothing releases it: {unattended} `ltk8s watch RUN` does while it runs"

    @cached_property
    def _full(self) -> str:
        """What a worker cannot tell where it cannot write."""
        full = no_room(self._store)
        return f"{full.rstrip('.')}; it tries again for 5 minutes each time, and goes on when there is room" if full else ""


def _failure(job: Job, said: str, cluster: Cluster, store: Store) -> str:
    if job.phase == "complete":
        return _set_aside(job.kind, job.name, store) or "its Job completed, but there is no result in the store"
    return _with_last_words(said or (job.condition("Failed") or {}).get("message", ""), job, cluster, store)


def _with_last_words(said: str, job: Job, cluster: Cluster, store: Store) -> str:
    """The worker's own reason, where the cluster knows no more than that it left."""
    if said and EXIT not in said:
        return said
    words = _last_words(job, cluster, store) if said or job.finished else ""
    return ": ".join(part for part in (said, words) if part)


def _waiting(job: Job, seen: Snapshot) -> str:
    """For how many learners a held fusion waits, and what these do; empty where all are committed."""
    counts = Counter(seen.phase("learner", id) for id in job.predecessors)
    moving = sum(counts.values()) - counts["done"]
    listed = ", ".join(f"{counts[phase]} {phase}" for phase in PHASES if counts[phase] and phase != "done")
    total = len(job.predecessors)
    return f"it waits for {moving} of {total} learner{'' if total == 1 else 's'}: {listed}" if moving else ""


def _set_aside(kind: Kind, id: str, store: Store) -> str:
    """Why there is no result any more though there was one; empty where there never was."""
    bad = _read_json(layout.bad_result(kind, id), store)
    return f"its result was bad and has been set aside: {bad['why'].rstrip('.')}" if "why" in bad else ""


def _last_words(job: Job, cluster: Cluster, store: Store) -> str:
    """What the last attempt of this Job to fail has left in the store or, if it came to nothing, the last line of its log."""
    prefix = layout.attempt(job.kind, job.name, "")[:-1]
    found = [item for item in store.list(prefix) if item.modified >= job.created]
    if job.phase == "running":  # the newest attempt is the one that runs; only what an earlier one left is about a failure
        found = [item for item in found if item.key.endswith("/failure.json")]
    last = max(found, key=lambda item: (item.modified, item.key), default=None)  # an attempt's name is by its pod's clock
    newest = last.key.removeprefix(prefix).partition("/")[0] if last else ""
    failure = _read_json(layout.attempt(job.kind, job.name, newest, "failure.json"), store) if newest else {}
    if failure:
        return _sentences(failure)
    return "" if job.phase == "running" else _last_line(job, cluster)


def _sentences(failure: dict[str, Any]) -> str:
    """What went wrong and what to do, of an attempt's failure.json; the kind of error too where it was not foreseen."""
    error, what, do = (str(failure.get(field, "")) for field in ("error", "what", "do"))
    if error == "Stopped":
        return ""
    return f"{what} {do}" if do else f"{error}: {what}"


def _last_line(job: Job, cluster: Cluster) -> str:
    try:
        lines = deque((line for line in cluster.logs(job.name) if line.strip()), maxlen=1)
    except ClusterError:
        return ""
    line = lines[0].strip() if lines else ""
    return f"{line}: {PLATFORM}" if "exec format error" in line else line


def _read_json(key: str, store: Store) -> dict[str, Any]:
    try:
        value = json.loads(store.get(key))
    except (NotFound, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
