"""Following runs on any cluster: look, release what is ready, until nothing moves any more."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Sequence
from contextlib import nullcontext
from threading import Event

from ltk8s.cluster import names
from ltk8s.cluster.base import Cluster, JobSource, JobView, OnChange, OnTick
from ltk8s.cluster.job import Job
from ltk8s.cluster.release import release_ready
from ltk8s.errors import ClusterError, StoreAway
from ltk8s.store.base import Store

TICK_SECONDS = 1.0

PATIENCE = 300.0
"""Seconds for which a store or cluster that does not answer, and only that, keeps following from its end."""

State = tuple[str, str, int]
"""A Job's uid, phase and number of failures: where these are the same, nothing is to be done about it."""

log = logging.getLogger(__name__)


def wait(
    runs: Collection[str],
    cluster: Cluster,
    store: Store,
    *,
    jobs: JobView | None = None,
    ids: Collection[str] = (),
    on_change: OnChange | None = None,
    on_tick: OnTick | None = None,
    stop: Event | None = None,
    interval: float = 1.0,
) -> bool:
    """Return True when no Job of these runs can move any more (done, failed, blocked, or, on this machine, driven by nobody),
    False when ``stop`` was set.

    Only looks and releases: it runs nothing itself, and stopping it stops nothing. A cluster or store that does not answer for
    a while ends nothing either.

    Args:
        store: one that gives up soon (``retry_seconds``): nothing is looked at and nobody is heard while it is called.
        jobs: a view of the cluster that is kept up to date already; by default the cluster is watched from here.
        ids: the names of these runs' Jobs: one of which a person has removed all runs' labels is known by its name.
        on_change: called with each Job whose phase or number of failures has changed.
        on_tick: called about once a second.
        interval: seconds between two looks at most; a change is looked at as soon as it is seen.

    Raises:
        StoreAway: if nothing moves because the store has not answered for 5 minutes.
        ClusterError: if nothing moves because the cluster has not.
    """
    with nullcontext(jobs) if jobs else cluster.watching() as view:
        stop = stop or Event()
        watcher = Watcher(runs, cluster, store, on_change, on_tick, jobs=view, ids=ids)
        while not stop.is_set():
            moving = any(is_moving(job) for job in watcher.look()) and cluster.driven(runs)
            if not moving and watcher.is_over():
                return True
            watcher.tick()
            view.wait(interval)
        return False


def is_moving(job: Job) -> bool:
    """Whether a Job runs or will run by itself: one that Kueue has suspended will, one that a person has will not."""
    return job.phase in {"pending", "running"} or (job.phase == "suspended" and names.KUEUE_QUEUE in job.labels)


class Watcher:
    """Looks at the Jobs of some runs again and again, releases those that are ready, and tells what has changed.

    ``jobs`` is where it looks, by default the cluster itself. What it shows may lag behind what was done.
    ``everything`` is what the last look saw, with the Jobs of other runs.
    """

    def __init__(
        self,
        runs: Collection[str],
        cluster: Cluster,
        store: Store,
        on_change: OnChange | None,
        on_tick: OnTick | None,
        *,
        jobs: JobSource | None = None,
        ids: Collection[str] = (),
    ) -> None:
        self._runs = set(runs)
        self._ids = set(ids)
        self._cluster = cluster
        self._source = jobs or cluster
        self._store = store
        self._on_change = on_change
        self._on_tick = on_tick
        self.everything: list[Job] = []
        self._seen: dict[str, State] = {}
        self._released: dict[str, Job] = {}
        self._settled: dict[str, State] | None = None
        self._trouble: ClusterError | StoreAway | None = None
        self._trouble_since = 0.0
        self._next_tick = 0.0

    def look(self) -> list[Job]:
        """The runs' Jobs as they are now, after those that are ready have been released."""
        self.everything = [self._as_released(job) for job in self._source.list()]
        jobs = self._ours(self.everything)
        if _states(jobs) != self._settled:
            self._release(jobs, self.everything)
            jobs = [self._as_released(job) for job in jobs]
        self._tell(jobs)
        return jobs

    def is_over(self) -> bool:
        """Whether nothing moves for the cluster itself either: another client may have released a Job a moment ago.

        It is not, as long as the cluster does not answer or a release is owed.
        """
        if self.owes():
            return False
        try:
            return not any(is_moving(job) for job in self.jobs()) or not self._cluster.driven(self._runs)
        except ClusterError:
            return False

    def owes(self) -> bool:
        """Whether a Job may be ready that could not be released: whoever was asked did not answer, and is asked again.

        Raises:
            ClusterError, StoreAway: if there was no answer for longer than ``PATIENCE``.
        """
        if self._trouble and time.monotonic() - self._trouble_since > PATIENCE:
            raise self._trouble
        return self._trouble is not None

    def tick(self) -> None:
        """Let the caller redraw, about once a second."""
        if self._on_tick and time.monotonic() >= self._next_tick:
            self._next_tick = time.monotonic() + TICK_SECONDS
            self._on_tick()

    def jobs(self) -> list[Job]:
        """The runs' Jobs as the cluster has them now."""
        return self._ours(self._cluster.list())

    def _release(self, jobs: Sequence[Job], everything: Sequence[Job]) -> None:
        """Release what is ready. Where store or cluster do not answer, the next look tries again."""
        # Predecessors may be any run's; Jobs that are held for other runs are other drivers' to release.
        candidates = [*jobs, *(job for job in everything if job.phase != "held")]
        try:
            released, _ = release_ready(candidates, self._cluster, self._store)
        except (ClusterError, StoreAway) as error:
            if isinstance(error, ClusterError) and self._source is self._cluster:  # which has just answered
                raise
            self._note_trouble(error)
            return
        self._trouble = None
        self._released |= {job.uid: job for job in released}
        self._settled = _states([self._as_released(job) for job in jobs])

    def _note_trouble(self, error: ClusterError | StoreAway) -> None:
        if self._trouble is None:
            self._trouble_since = time.monotonic()
            log.warning("%s What is ready is released as soon as there is an answer.", error)
        self._trouble, self._settled = error, None

    def _as_released(self, job: Job) -> Job:
        """A Job that was released is never held again, whatever a view that lags says."""
        return self._released.get(job.uid, job) if job.phase == "held" else job

    def _ours(self, jobs: Sequence[Job]) -> list[Job]:
        return [job for job in jobs if job.runs & self._runs or (not job.runs and job.name in self._ids)]

    def _tell(self, jobs: Sequence[Job]) -> None:
        before, self._seen = self._seen, _states(jobs)
        if self._on_change:
            for job in jobs:
                if self._seen[job.name] != before.get(job.name):
                    self._on_change(job)


def _states(jobs: Sequence[Job]) -> dict[str, State]:
    return {job.name: (job.uid, job.phase, job.failures) for job in jobs}
