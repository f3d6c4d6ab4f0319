"""Doing what ``reconcile`` says: one listing of the store, then a patch for each Job that is ready."""

from __future__ import annotations

from collections.abc import Sequence

from ltk8s.cluster.base import Cluster
from ltk8s.cluster.job import Job
from ltk8s.cluster.reconcile import Blocked, Release, reconcile
from ltk8s.store.base import Store
from ltk8s.store.commit import committed


def release_ready(jobs: Sequence[Job], cluster: Cluster, store: Store) -> tuple[list[Job], list[Blocked]]:
    """Release the held Jobs among ``jobs`` whose predecessors are all committed; Jobs of another store are left alone.

    Returns the Jobs that this call has released (another driver may have been first), and those that are blocked.
    """
    ours = [job for job in jobs if job.store == store.url]
    actions = reconcile(ours, committed_predecessors(ours, store))
    patched = [cluster.patch(action.name, action.patch) for action in actions if isinstance(action, Release)]
    return [job for job in patched if job], [action for action in actions if isinstance(action, Blocked)]


def committed_predecessors(jobs: Sequence[Job], store: Store) -> set[str]:
    """Those predecessors of held Jobs that have a result. Without a held Job the store is not asked."""
    wanted = {id for job in jobs if job.phase == "held" for id in job.predecessors}
    return committed(store, "learner", wanted) if wanted else set()
