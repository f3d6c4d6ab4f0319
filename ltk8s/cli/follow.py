"""Following runs: look at their Jobs now and then, and show them, until nothing moves any more."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Event

from ltk8s.cli.common import Context
from ltk8s.cli.labels import job_labels
from ltk8s.cli.live import Bars, Lines, View
from ltk8s.cluster.base import JobSource, JobView
from ltk8s.cluster.explain import why
from ltk8s.cluster.state import JobState, job_states
from ltk8s.cluster.wait import wait
from ltk8s.errors import ClusterError, StoreError
from ltk8s.store.base import Store
from ltk8s.store.runs import RunRecord

SHARE = 5
"""Looking takes at most one part in so many of the time, however many Jobs there are and however slow the store is."""


@dataclass(frozen=True)
class Followed:
    """How following went: each Job as it was last seen, and whether none can move any more (``ended``)."""

    states: tuple[JobState, ...]
    ended: bool

    @property
    def failed(self) -> bool:
        return any(state.phase != "done" for state in self.states)


class Follower:
    """Shows the Jobs of some runs at each ``tick``, as ``jobs`` has them."""

    def __init__(self, records: Sequence[RunRecord], jobs: JobSource, store: Store, view: View) -> None:
        self.records, self.jobs, self.store, self.view = records, jobs, store, view
        self.next_look = 0.0
        self.states: tuple[JobState, ...] = ()

    def tick(self) -> None:
        """Look and show, unless that was done a moment ago. What does not answer now stops no training."""
        if time.monotonic() >= self.next_look:
            with suppress(StoreError, ClusterError):  # whoever waits for them has warned
                self.look()

    def look(self) -> tuple[JobState, ...]:
        """Look and show now; each Job once, however many runs it belongs to."""
        return self.show(self.jobs)

    def show(self, jobs: JobSource) -> tuple[JobState, ...]:
        """Show what ``jobs`` has."""
        started = time.monotonic()
        try:
            self.states = tuple(job_states(self.records, jobs, self.store, self.states))
        finally:
            finished = time.monotonic()
            self.next_look = finished + (SHARE - 1) * (finished - started)
        self.view.show(self.states)
        return self.states


class Outages:
    """Says once that a cluster does not answer, or what else is in the way now, and once that it answers again."""

    def __init__(self, jobs: JobView, note: Callable[[str], None]) -> None:
        self.jobs, self.note = jobs, note
        self.said = ""

    def tick(self) -> None:
        trouble = self.jobs.trouble
        if trouble and trouble.partition(": ")[0] != self.said.partition(": ")[0]:  # behind it is how, which changes
            self.note(f"{trouble} What was submitted goes on; this waits for it.")
        if self.said and not trouble:
            self.note("The cluster answers again.")
        self.said = trouble


def follow(context: Context, records: Sequence[RunRecord], *, drive_here: bool, plain: bool) -> Followed:
    """Show the runs until no Job of theirs can move any more.

    Args:
        drive_here: run the Jobs in this process, if they are this machine's. Then Ctrl-C stops them; otherwise it is
            KeyboardInterrupt, and they go on.
    """
    from ltk8s.cluster.local.cluster import LocalCluster
    from ltk8s.cluster.local.driver import drive

    cluster, runs = context.cluster, [record.run for record in records]
    with cluster.watching() as jobs, make_view(context, records, plain=plain) as view:
        follower, outages = Follower(records, jobs, context.store, view), Outages(jobs, context.note)

        def tick() -> None:
            outages.tick()
            follower.tick()

        follower.look()
        if drive_here and isinstance(cluster, LocalCluster):
            ended = drive(runs, cluster, context.store, on_tick=tick, stop=AnnouncedStop(context))
        else:
            ids = {id for record in records for _, id in record.parts}
            ended = wait(runs, cluster, context.store, jobs=jobs, ids=ids, on_tick=tick)
        if ended:
            return Followed(follower.show(cluster), ended)  # the cluster itself: a view may lag a moment behind
        with suppress(StoreError, ClusterError):  # whoever pressed Ctrl-C is not told that the store is away as well
            follower.look()
        return Followed(follower.states, ended)


class AnnouncedStop(Event):
    """Tells the person who pressed Ctrl-C, at once, that it was noticed: saving may take some seconds."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context

    def set(self) -> None:
        super().set()
        with suppress(RuntimeError, OSError):  # in a signal's handler: in the middle of another write, or the terminal is gone
            self.context.note("Stopping: learners save and leave. Press Ctrl-C again to kill them.")


def make_view(context: Context, records: Sequence[RunRecord], *, plain: bool) -> View:
    """Bars on a terminal; lines elsewhere, on standard error when standard output carries JSON."""
    terminal = context.console.file.isatty() and not context.console.is_dumb_terminal
    if context.json or plain or not terminal:
        return Lines(context.note)
    return Bars(context.console, job_labels(records))


def explain(context: Context, records: Sequence[RunRecord]) -> None:
    """Say why each Job that is not moving isn't."""
    for reason in why(records, context.cluster, context.store):
        context.note(f"{reason.id} {reason.phase}: {reason.why}")
