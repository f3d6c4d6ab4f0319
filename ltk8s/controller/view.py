"""The Jobs of this store as the watch tells them, and of the held ones, who waits for whom."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from threading import Lock

from ltk8s.cluster.job import Job

log = logging.getLogger(__name__)


class View:
    """A view of the cluster that several threads may use: a watch writes it, the loop and the metrics read it.

    Jobs that commit to another store are another controller's; the held ones among them are counted.
    """

    def __init__(self, store_url: str) -> None:
        self._store_url = store_url
        self._lock = Lock()
        self._jobs: dict[str, Job] = {}
        self._waiting: defaultdict[str, set[str]] = defaultdict(set)
        self._elsewhere: dict[str, str] = {}
        self._stores_told: set[str] = set()

    def put(self, job: Job) -> set[str]:
        """Take in a Job as it is now; returns the ids that it has begun to wait for."""
        with self._lock:
            if job.store != self._store_url:
                self._put_elsewhere(job)
                return set()
            before = self._held_after(self._jobs.get(job.name))
            self._jobs[job.name] = job
            now = self._held_after(job)
            self._stop_waiting(job.name, before - now)
            for id in now:
                self._waiting[id].add(job.name)
            return now - before

    def remove(self, job: Job) -> None:
        """Forget a Job that is gone; another one of the same name stays."""
        with self._lock:
            self._elsewhere.pop(job.name, None)
            known = self._jobs.get(job.name)
            if known and known.uid == job.uid:
                del self._jobs[job.name]
                self._stop_waiting(job.name, self._held_after(known))

    def unhold(self, name: str) -> None:
        """Nobody needs to look at this Job any more: it was released, and the watch will soon say so."""
        with self._lock:
            self._stop_waiting(name, self._held_after(self._jobs.get(name)))

    def is_awaited(self, id: str) -> bool:
        with self._lock:
            return id in self._waiting

    def awaited(self) -> set[str]:
        """Every id that some held Job waits for."""
        with self._lock:
            return set(self._waiting)

    def scenes(self, ids: set[str]) -> dict[str, list[Job]]:
        """For each held Job that waits for one of ``ids``: it, and the Jobs of all its predecessors, as far as there are any.

        That is all that ``reconcile`` needs to decide about it.
        """
        with self._lock:
            held = {name for id in ids for name in self._waiting.get(id, ())}
            return {name: self._scene(self._jobs[name]) for name in sorted(held)}

    def held(self) -> list[Job]:
        """The Jobs that are ours to release."""
        with self._lock:
            return [self._jobs[name] for name in sorted({name for names in self._waiting.values() for name in names})]

    def phases(self) -> Counter[str]:
        """How many Jobs there are of each phase."""
        with self._lock:
            jobs = list(self._jobs.values())
        return Counter(job.phase for job in jobs)

    def held_elsewhere(self) -> int:
        """How many held Jobs commit to another store than this controller reads."""
        with self._lock:
            return len(self._elsewhere)

    def _scene(self, job: Job) -> list[Job]:
        return [job, *(self._jobs[id] for id in job.predecessors if id in self._jobs)]

    def _stop_waiting(self, name: str, ids: set[str]) -> None:
        for id in ids:
            self._waiting[id].discard(name)
            if not self._waiting[id]:
                del self._waiting[id]

    def _put_elsewhere(self, job: Job) -> None:
        self._stop_waiting(job.name, self._held_after(self._jobs.pop(job.name, None)))
        if job.phase != "held":
            self._elsewhere.pop(job.name, None)
            return
        self._elsewhere[job.name] = job.store
        if job.store not in self._stores_told:
            self._stores_told.add(job.store)
            log.warning(
                "%s is held for another store than this controller reads; a controller for that one must release it",
                job.name,
                extra={"job": job.name, "store": job.store},
            )

    @staticmethod
    def _held_after(job: Job | None) -> set[str]:
        return set(job.predecessors) if job and job.phase == "held" else set()
