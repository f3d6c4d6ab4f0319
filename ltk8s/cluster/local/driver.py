"""Running Jobs on this machine, in the foreground, until nothing of the runs moves any more."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import Any

from ltk8s.cluster.base import OnChange, OnTick
from ltk8s.cluster.job import Job
from ltk8s.cluster.local.cluster import LocalCluster, grace_of
from ltk8s.cluster.local.drivers import registered
from ltk8s.cluster.local.locks import RunLock, end_worker, holder_of
from ltk8s.cluster.local.machine import Demand, demand_of
from ltk8s.cluster.local.runner import Runner
from ltk8s.cluster.wait import Watcher, is_moving
from ltk8s.errors import ClusterError
from ltk8s.store.base import Store
from ltk8s.store.layout import LAST_KINDS

log = logging.getLogger(__name__)

PAUSE = 9
"""Between two looks at least so many times as long as the last one took: learners are to have the machine, not the driver."""


def drive(
    runs: Sequence[str],
    cluster: LocalCluster,
    store: Store,
    *,
    on_change: OnChange | None = None,
    on_tick: OnTick | None = None,
    stop: Event | None = None,
    backoff: float = 10.0,
    interval: float = 0.2,
) -> bool:
    """Run these runs' Jobs and release their fusions.

    Returns True when no Job can move any more, False when it was stopped (SIGINT, SIGTERM, SIGHUP, or ``stop``): then learners
    have saved and left, and driving again goes on from there. A second signal kills them at once.

    Args:
        store: one that gives up soon (``retry_seconds``): what runs goes on meanwhile, but no signal is heard.
        runs: what is started first is what the first of them need, and of one run the Jobs in order of creation.
        on_change: called with each Job whose phase or number of failures has changed.
        on_tick: called about once a second.
        backoff: seconds before the first new attempt of a Job that failed; doubled for each further one, up to 6 minutes.
        interval: seconds between two looks at the Jobs.
    """
    stop = stop or Event()
    driver = _Driver(runs, cluster, Watcher(runs, cluster, store, on_change, on_tick), backoff)
    with registered(cluster.files.drivers, runs), _stopping_on_signals(stop):
        return driver.run(stop, interval)


class _Driver:
    def __init__(self, runs: Sequence[str], cluster: LocalCluster, watcher: Watcher, backoff: float) -> None:
        self._ranks = {run: rank for rank, run in enumerate(runs)}
        self._cluster = cluster
        self._watcher = watcher
        self._backoff = backoff
        self._runners: dict[str, Runner] = {}

    def run(self, stop: Event, interval: float) -> bool:
        self._cluster.expire()
        try:
            while not stop.is_set():
                started = time.monotonic()
                if not self._advance():
                    return True
                pause = max(interval, PAUSE * (time.monotonic() - started))
                self._watcher.tick()
                stop.wait(pause)
            return False
        finally:
            self._leave()

    def _advance(self) -> bool:
        """One look: what has ended, what may be released, what can start. Returns whether anything still moves."""
        self._step()
        jobs = self._watcher.look()
        self._start_what_fits(sorted((job for job in jobs if job.phase == "pending"), key=self._turns(jobs)))
        return bool(self._runners) or any(is_moving(job) for job in jobs) or self._watcher.owes()

    def _turns(self, jobs: Sequence[Job]) -> Callable[[Job], tuple[bool, int]]:
        """The place of the first unfinished run that needs a Job: one that was created anew, and so last, keeps its turn."""
        unfinished = {run for job in jobs if job.kind in LAST_KINDS and not job.finished for run in job.runs}
        return lambda job: min((run not in unfinished, self._ranks[run]) for run in job.runs if run in self._ranks)

    def _step(self) -> None:
        for runner in self._runners.values():
            runner.step(self._cluster.get(runner.name))
        self._forget_closed()

    def _forget_closed(self) -> None:
        self._runners = {name: runner for name, runner in self._runners.items() if not runner.closed}

    def _start_what_fits(self, pending: Sequence[Job]) -> None:
        """In this order; a Job that does not fit now lets smaller ones pass."""
        used = _used(self._watcher.everything)
        for job in pending:
            demand = demand_of(job.object)
            if self._cluster.machine.fits(used + demand) and self._start(job):
                used += demand

    def _start(self, job: Job) -> bool:
        """Begin an attempt, if it is due and nobody else was faster; whether there is room is asked again under the lock."""
        runner = self._runners.get(job.name)
        if runner and not runner.ready_to_start:
            return False
        with self._cluster.files.changing():
            now = self._cluster.get(job.name)
            if now is None or now.uid != job.uid or now.phase != "pending":
                return False
            demand = demand_of(now.object)
            if not self._cluster.machine.fits(_used(self._cluster.list()) + demand):
                return False
            if runner is None:
                lock = RunLock.acquire(self._cluster.files.lock(job.name))
                if lock is None:
                    return False
                runner = self._runners[job.name] = Runner(self._cluster, now, lock, backoff=self._backoff)
            runner.start(now, self._free_gpus()[: demand.gpus])
        return True

    def _free_gpus(self) -> list[str]:
        holders = [holder_of(self._cluster.files.lock(job.name)) for job in _active(self._cluster.list())]
        taken = {gpu for holder in holders if holder for gpu in holder.gpus}
        return [gpu for gpu in self._cluster.machine.gpus if gpu not in taken]

    def _leave(self) -> None:
        """Let every learner save and leave, those of a driver that was killed as well; a further signal kills them at once."""
        for runner in self._runners.values():
            runner.stop("stopped")
        try:
            self._see_out()
            self._end_orphans()
        finally:
            for runner in self._runners.values():
                runner.kill()
            self._see_out()

    def _see_out(self) -> None:
        """Step until each runner is closed. Where it cannot be written down what became of one, the others go on."""
        while self._runners:
            for runner in self._runners.values():
                try:
                    runner.step(None)  # it has its cause already
                except (ClusterError, OSError) as error:
                    log.warning("What became of %s is not written down: %s", runner.name, error)
                    runner.abandon()
            self._forget_closed()
            time.sleep(0.02)

    def _end_orphans(self) -> None:
        for job in self._watcher.jobs():
            lock = self._cluster.files.lock(job.name)
            holder = holder_of(lock)
            if holder and holder.worker and holder.orphaned:
                end_worker(lock, holder.worker, grace=grace_of(job))


def _used(jobs: Sequence[Job]) -> Demand:
    return sum((demand_of(job.object) for job in _active(jobs)), Demand())


def _active(jobs: Sequence[Job]) -> list[Job]:
    """The Jobs among them that run now, whoever drives them."""
    return [job for job in jobs if job.status.get("ready")]


@contextmanager
def _stopping_on_signals(stop: Event) -> Iterator[None]:
    """Set ``stop`` on the first signal that ends programs; raise KeyboardInterrupt on the second."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
