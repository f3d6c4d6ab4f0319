"""Look, confirm, act: the loop that releases held Jobs.

Whatever wakes it, it does the same: it asks the store about some ids, lets ``reconcile`` decide about the Jobs that wait for
them, asks the store once more about all that a decision rests on, and only then acts. So an event that is lost, repeated
or late costs time and nothing else.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, wait
from datetime import UTC, datetime
from threading import Event
from typing import Protocol

from ltk8s.cluster.base import JsonPatch
from ltk8s.cluster.job import Job
from ltk8s.cluster.reconcile import Action, Blocked, Release, reconcile
from ltk8s.controller.commits import Commits
from ltk8s.controller.health import StoreHealth
from ltk8s.controller.heartbeat import Pulse
from ltk8s.controller.inbox import Inbox
from ltk8s.controller.metrics import Metrics
from ltk8s.controller.verdicts import Notice, Verdicts, notices, released
from ltk8s.controller.view import View
from ltk8s.errors import ClusterError, StoreError

RESYNC_SECONDS = 30.0
"""How often the store is asked about everything that is waited for: what no event tells, such as a Job that was removed."""

BATCH = 64
"""Ids in one turn, so that what is urgent never waits for long behind what is not."""

IDLE_SECONDS = 0.5

LONGEST_DEED = 20.0
"""For how long the loop waits for its patches: an API server that is silent must not stop it."""

LONGEST_DELAY = 60.0

log = logging.getLogger(__name__)

Scenes = Mapping[str, list[Job]]
"""By the name of a held Job: that Job, then those of its predecessors."""


class Patches(Protocol):
    """What the loop needs of a cluster."""

    def patch(self, name: str, patch: JsonPatch) -> Job | None: ...


class Tells(Protocol):
    """Where the loop says what it has found."""

    def is_told(self, job: Job, notice: Notice) -> bool: ...

    def tell(self, job: Job, notice: Notice) -> None: ...

    def forget_old(self) -> None: ...


class Loop:
    """Releases the held Jobs of a view.

    Args:
        deeds: where patches and Events are under way; not where the store is asked, which never waits for them.
        ready: whether the view is complete: before that, nothing can be said to be missing.

    Attributes:
        store: how the store has answered lately.
    """

    def __init__(
        self,
        view: View,
        inbox: Inbox,
        commits: Commits,
        cluster: Patches,
        recorder: Tells,
        verdicts: Verdicts,
        metrics: Metrics,
        pulse: Pulse,
        deeds: Executor,
        *,
        ready: Callable[[], bool] = lambda: True,
    ) -> None:
        self._view = view
        self._inbox = inbox
        self._commits = commits
        self._cluster = cluster
        self._recorder = recorder
        self._verdicts = verdicts
        self._metrics = metrics
        self._pulse = pulse
        self._deeds = deeds
        self._ready = ready
        self._next_resync = float("-inf")
        self.store = StoreHealth(metrics)
        self._release_failures: Counter[str] = Counter()

    def run(self, stop: Event) -> None:
        """Turn until told to stop.

        Raises:
            CredentialRefused: if the store no longer accepts this process's credential.
        """
        while not stop.is_set():
            self._pulse.beat()
            if not self._ready():
                self._next_resync = float("-inf")  # once the view is complete again, look at everything
                stop.wait(0.1)
                continue
            self._resync_when_due()
            if self._inbox.wait(IDLE_SECONDS):
                stop.wait(self.turn())

    def turn(self) -> float:
        """Take some ids and look at them; returns for how long to pause then, since the store does not answer."""
        ids = self._inbox.take(BATCH)
        try:
            self.look(ids)
        except StoreError as error:
            self._inbox.urgent(ids)
            return self.store.failed(error)
        except Exception:
            self._metrics.errors.labels("cluster").inc()
            log.exception("something unexpected; it is tried again in a minute")
            self._inbox.later(ids, LONGEST_DELAY)
        return 0.0

    def look(self, ids: Iterable[str]) -> None:
        """Decide about every held Job that waits for one of these ids, and act.

        Raises:
            StoreError: if the store cannot be asked.
        """
        asked = {id for id in ids if self._view.is_awaited(id)}
        if not asked:
            return
        scenes = self._view.scenes(asked)  # before the store: a Job ends after its result is committed
        self._commits.ask(asked)
        self._commits.ask(self._confirming(self._decide(scenes), scenes) - asked)
        self.store.answers()
        self._act(self._decide(scenes), scenes)

    def _decide(self, scenes: Scenes) -> dict[str, Action]:
        known = self._commits.known
        decided = {name: reconcile(scene, known) for name, scene in scenes.items()}
        return {name: action for name, actions in decided.items() for action in actions if action.name == name}

    def _confirming(self, actions: Mapping[str, Action], scenes: Scenes) -> set[str]:
        """The ids on which these decisions rest. What was said about a Job before is not confirmed at every look."""
        ids: set[str] = set()
        for name, action in actions.items():
            job = scenes[name][0]
            if isinstance(action, Release):
                ids.update(job.predecessors)
            elif not all(self._recorder.is_told(job, notice) for notice in notices(action)):
                ids.update(action.failed, action.missing)
        return ids

    def _act(self, actions: Mapping[str, Action], scenes: Scenes) -> None:
        releases = []
        for name, (job, *_) in scenes.items():
            action = actions.get(name)
            self._say(job, self._verdicts.judge(job, action if isinstance(action, Blocked) else None))
            if isinstance(action, Release):
                ready_at = max(self._commits.last(job.predecessors), job.created)
                releases.append(self._deeds.submit(self._release, job, action, ready_at))
        wait(releases, LONGEST_DEED)

    def _say(self, job: Job, blocked: Blocked | None) -> None:
        for notice in notices(blocked) if blocked else []:
            if not self._recorder.is_told(job, notice):
                self._deeds.submit(self._tell, job, notice)

    def _release(self, job: Job, action: Release, ready_at: datetime) -> None:
        try:
            now = self._cluster.patch(action.name, action.patch)
        except ClusterError as error:
            self._release_failed(job, error)
            return
        self._release_failures.pop(job.name, None)
        if now is None:
            log.info("%s was released by another, or is gone", job.name, extra={"job": job.name})
            return
        seconds = max(0.0, (datetime.now(UTC) - ready_at).total_seconds())
        self._view.unhold(job.name)
        self._metrics.releases.inc()
        self._metrics.release_seconds.observe(seconds)
        log.info("released %s", job.name, extra={"job": job.name, "runs": sorted(job.runs), "seconds": round(seconds, 3)})
        self._deeds.submit(self._tell, job, released(now))

    def _tell(self, job: Job, notice: Notice) -> None:
        try:
            self._recorder.tell(job, notice)
        except ClusterError as error:
            self._metrics.errors.labels("cluster").inc()
            log.warning("the Event %s cannot be written: %s", notice.reason, error, extra={"job": job.name})

    def _release_failed(self, job: Job, error: ClusterError) -> None:
        self._metrics.errors.labels("cluster").inc()
        self._release_failures[job.name] += 1
        delay = min(LONGEST_DELAY, 2.0 ** (self._release_failures[job.name] - 1))
        log.warning("%s cannot be released: %s Trying again in %.0f s.", job.name, error, delay, extra={"job": job.name})
        self._inbox.later(job.predecessors, delay)

    def _resync_when_due(self) -> None:
        if time.monotonic() < self._next_resync:
            return
        self._next_resync = time.monotonic() + RESYNC_SECONDS
        awaited = self._view.awaited()
        self._commits.keep(awaited)
        self._verdicts.keep(self._view.held())
        self._recorder.forget_old()
        self._inbox.calm(awaited)
        if not awaited:
            self._probe()

    def _probe(self) -> None:
        """With nothing to ask about, ask all the same: a store that cannot be read is better known before it is needed."""
        try:
            self._commits.ask({"nothing"})
        except StoreError as error:
            self.store.failed(error)
        else:
            self.store.answers()
