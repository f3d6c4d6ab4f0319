"""Stopping a run, and forgetting it. What another run needs stays."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from ltk8s.cluster.base import Cluster
from ltk8s.cluster.job import Job
from ltk8s.cluster.names import run_label
from ltk8s.spec.base import Spec
from ltk8s.store.base import Store
from ltk8s.store.layout import Kind
from ltk8s.store.runs import RunRecord, delete_run


class Cancelled(Spec):
    """What became of one Job: ``stopped`` before its end, or finished and ``removed``, or ``kept`` for runs that need it."""

    id: str
    kind: Kind
    outcome: Literal["stopped", "removed", "kept"]
    needed_by: tuple[str, ...] = ()


def cancel(record: RunRecord, cluster: Cluster, store: Store) -> list[Cancelled]:
    """Remove the run's unfinished Jobs, letting learners save; results, and the run's record, stay. Submitting goes on."""
    return _let_go([job for job in _jobs(record, cluster, store) if not job.finished], record.run, cluster)


def delete(record: RunRecord, cluster: Cluster, store: Store) -> list[Cancelled]:
    """Remove all the run's Jobs, then its record. Results stay until ``gc``."""
    cancelled = _let_go(_jobs(record, cluster, store), record.run, cluster)
    delete_run(store, record.run)
    return cancelled


def _jobs(record: RunRecord, cluster: Cluster, store: Store) -> list[Job]:
    """The run's Jobs; not those that the same run has for another store."""
    return [job for job in cluster.list() if record.run in job.runs and job.store == store.url]


def _let_go(jobs: Sequence[Job], run: str, cluster: Cluster) -> list[Cancelled]:
    """What is held first, so that none is released or reported meanwhile; running Jobs last, so that none takes their room."""
    ordered = sorted(jobs, key=lambda job: (job.kind == "learner", job.phase == "running"))
    with ThreadPoolExecutor(cluster.parallel) as pool:
        return list(pool.map(lambda job: _let_one_go(job, run, cluster), ordered))


def _let_one_go(job: Job, run: str, cluster: Cluster) -> Cancelled:
    """Remove the Job if nobody else needs it, and only in the state in which nobody did; else take the run's label off."""
    now: Job | None = job
    while now and now.uid == job.uid:
        others = tuple(sorted(now.runs - {run}))
        if others and run not in now.runs:
            return Cancelled(id=job.name, kind=job.kind, outcome="kept", needed_by=others)
        if others:
            now = cluster.label(now.name, {run_label(run): None})  # the others may have let go meanwhile too: look again
        elif cluster.delete(now.name, uid=now.uid, version=now.version):
            return Cancelled(id=job.name, kind=job.kind, outcome="removed" if now.finished else "stopped")
        else:
            now = cluster.get(job.name)
    return Cancelled(id=job.name, kind=job.kind, outcome="stopped")
