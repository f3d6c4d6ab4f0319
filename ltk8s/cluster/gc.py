"""Finding and removing what no run's record names any more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from ltk8s.cluster.base import Cluster
from ltk8s.cluster.job import Job
from ltk8s.errors import StoreError
from ltk8s.spec.base import Spec
from ltk8s.store import layout
from ltk8s.store.base import ObjectInfo, Store
from ltk8s.store.layout import KINDS, Kind
from ltk8s.store.runs import read_runs


class Garbage(Spec):
    """What no record names: a learner's, fusion's or ranking's objects, its Job, or both; ``modified`` is when last."""

    id: str
    kind: Kind
    objects: int
    bytes: int
    job: bool
    modified: datetime


def find_garbage(store: Store, cluster: Cluster, *, older_than: timedelta) -> list[Garbage]:
    """What may go; nothing is removed. A Job that still moves keeps all that is its own; data sets and weights always stay.

    Raises:
        StoreError: if a record cannot be read: nobody knows what it names.
    """
    named = _named(store)
    jobs = {job.name: job for job in cluster.list()}
    now = store.now()  # a clock of this machine that is ahead would make everything old
    found = [_garbage(kind, id, objects, jobs.get(id)) for kind in KINDS for id, objects in _homes(store, kind).items()]
    stored = {garbage.id for garbage in found}
    found += [
        _garbage(job.kind, job.name, [], job) for job in jobs.values() if job.name not in stored and job.store == store.url
    ]
    old = [item for item in found if now - item.modified > older_than]
    return [item for item in old if item.id not in named and not _moves(jobs.get(item.id))]


def remove_garbage(store: Store, cluster: Cluster, garbage: Sequence[Garbage]) -> list[Garbage]:
    """Remove it; what a record names by now, or a Job has taken up, is left. Returns what was removed."""
    named = _named(store)
    jobs = {job.name: job for job in cluster.list()}
    removable = [item for item in garbage if item.id not in named and not _moves(jobs.get(item.id))]
    for item in removable:
        job = jobs.get(item.id)
        if job and job.store == store.url:
            cluster.delete(job.name, uid=job.uid)
        store.delete(layout.result(item.kind, item.id))  # first, so that half of it is never taken for a result
        for found in list(store.list(layout.home(item.kind, item.id))):
            store.delete(found.key)
    return removable


def _named(store: Store) -> set[str]:
    records = read_runs(store)
    unreadable = {layout.run_name(found.key) for found in store.list(layout.run())} - {record.run for record in records}
    if unreadable:
        raise StoreError(
            f"The record of the run {min(unreadable)!r} in {store.url} cannot be read, so what it needs is not known.",
            f"Update ltk8s, or delete {layout.run(min(unreadable))!r} there.",
        )
    return {id for record in records for _, id in record.parts}


def _homes(store: Store, kind: Kind) -> dict[str, list[ObjectInfo]]:
    """All objects of a kind, by id, from one listing."""
    homes: dict[str, list[ObjectInfo]] = {}
    prefix = layout.home(kind)
    for found in store.list(prefix):
        homes.setdefault(found.key.removeprefix(prefix).partition("/")[0], []).append(found)
    return homes


def _garbage(kind: Kind, id: str, objects: Sequence[ObjectInfo], job: Job | None) -> Garbage:
    moments: Iterable[datetime] = [found.modified for found in objects] + ([job.created] if job else [])
    return Garbage(
        id=id,
        kind=kind,
        objects=len(objects),
        bytes=sum(found.size for found in objects),
        job=job is not None,
        modified=max(moments),
    )


def _moves(job: Job | None) -> bool:
    return job is not None and job.phase in {"pending", "running"}
