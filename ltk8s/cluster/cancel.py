"""Stopping a run, and forgetting it. What another run needs stays."""

from __future__ import annotations

from collections.abc import Sequence, Set
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
    return cancel_all([record], cluster, store)


def cancel_all(records: Sequence[RunRecord], cluster: Cluster, store: Store) -> list[Cancelled]:
    """Cancel several runs at once: what only these need is removed, each Job once."""
    jobs = [job for job in _jobs(records, cluster, store) if not job.finished]
    return _let_go(jobs, {record.run for record in records}, cluster)


def under_way(records: Sequence[RunRecord], cluster: Cluster, store: Store) -> list[RunRecord]:
    """Those of the runs that have an unfinished Job, from one listing."""
    jobs = [job for job in cluster.list() if not job.finished and job.store == store.url]
    runs, unlabelled = {run for job in jobs for run in job.runs}, {job.name for job in jobs if not job.runs}
    return [record for record in records if record.run in runs or unlabelled & {id for _, id in record.parts}]


def delete(record: RunRecord, cluster: Cluster, store: Store) -> list[Cancelled]:
    """Remove all the run's Jobs, then its record. Results stay until ``gc``."""
    cancelled = _let_go(_jobs([record], cluster, store), {record.run}, cluster)
    delete_run(store, record.run)
    return cancelled


def _jobs(records: Sequence[RunRecord], cluster: Cluster, store: Store) -> list[Job]:
    """The runs' Jobs; not those that the same runs have for another store. One from which a person has removed every run's
    label is known by its name.
    """
    runs, ids = {record.run for record in records}, {id for record in records for _, id in record.parts}
    ours = [job for job in cluster.list() if job.store == store.url]
    return [job for job in ours if job.runs & runs or (not job.runs and job.name in ids)]


def _let_go(jobs: Sequence[Job], runs: Set[str], cluster: Cluster) -> list[Cancelled]:
    """What is held first, so that none is released or reported meanwhile; running Jobs last, so that none takes their room."""
    ordered = sorted(jobs, key=lambda job: (job.kind == "learner", job.phase == "running"))
    with ThreadPoolExecutor(cluster.parallel) as pool:
        return list(pool.map(lambda job: _let_one_go(job, runs, cluster), ordered))


def _let_one_go(job: Job, runs: Set[str], cluster: Cluster) -> Cancelled:
    """Remove the Job if nobody else needs it, and only in the state in which nobody did; else take these runs' labels off."""
    now: Job | None = job
    while now and now.uid == job.uid:
        others, ours = tuple(sorted(now.runs - runs)), now.runs & runs
        if others and not ours:
            return Cancelled(id=job.name, kind=job.kind, outcome="kept", needed_by=others)
        if others:
            now = cluster.label(
                now.name, {run_label(run): None for run in ours}
            )  # the others may have let go meanwhile too: look again
        elif cluster.delete(now.name, uid=now.uid, version=now.version):
            return Cancelled(id=job.name, kind=job.kind, outcome="removed" if now.finished else "stopped")
        else:
            now = cluster.get(job.name)
    return Cancelled(id=job.name, kind=job.kind, outcome="stopped")
