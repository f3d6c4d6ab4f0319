"""A store and a cluster of the test's own, and a loop that works on both: real files, no threads but the pool's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ltk8s.cluster.job import Job, Manifest
from ltk8s.cluster.local.cluster import LocalCluster
from ltk8s.cluster.local.machine import Machine
from ltk8s.cluster.render import render
from ltk8s.controller.commits import Commits
from ltk8s.controller.heartbeat import Pulse
from ltk8s.controller.inbox import Inbox
from ltk8s.controller.loop import Loop
from ltk8s.controller.metrics import Metrics
from ltk8s.controller.verdicts import Notice, Verdicts
from ltk8s.controller.view import View
from ltk8s.planning.planner import plan
from ltk8s.planning.sweep import plan_sweep
from ltk8s.spec.library import Library
from ltk8s.spec.resolve import resolve_sweep
from ltk8s.spec.settings import Settings
from ltk8s.store import open_store
from ltk8s.store.base import Store
from ltk8s.store.commit import Attempt
from tests.cifar50 import DATASET, weights


class Clock:
    """A clock that a test turns on; ``now`` is the same moment as a date."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)


class Notebook:
    """Keeps what the loop says, as the Events of a cluster would."""

    def __init__(self) -> None:
        self.said: list[tuple[str, Notice]] = []

    def is_told(self, job: Job, notice: Notice) -> bool:
        return (job.name, notice) in self.said

    def tell(self, job: Job, notice: Notice) -> None:
        self.said.append((job.name, notice))

    def forget_old(self) -> None:
        pass

    @property
    def reasons(self) -> list[tuple[str, str]]:
        return sorted((name, notice.reason) for name, notice in self.said)


class Controller:
    """All parts of a controller on a local cluster, turned by hand. Each test tells it what a watch would."""

    def __init__(self, cluster: LocalCluster, store: Store, pool: ThreadPoolExecutor) -> None:
        self.cluster, self.store, self.clock, self.notebook = cluster, store, Clock(), Notebook()
        self.view, self.inbox, self.metrics = View(store.url), Inbox(self.clock), Metrics()
        self.commits = Commits(store, pool)
        self.verdicts = Verdicts(clock=self.clock, now=lambda: datetime.now(UTC) + timedelta(seconds=self.clock() - 1000))
        self.loop = Loop(
            self.view, self.inbox, self.commits, cluster, self.notebook, self.verdicts, self.metrics, Pulse(), pool
        )
        self.metrics.count(self.view, lambda: len(self.verdicts.blocked), lambda: {"jobs": 0})

    def see(self) -> None:
        """Take in all Jobs as they are."""
        there = {job.name: job for job in self.cluster.list()}
        for job in self.view.held():
            if job.name not in there:
                self.view.remove(job)
        for job in there.values():
            self.view.put(job)

    def phases(self) -> dict[str, str]:
        return {job.name: job.phase for job in self.cluster.list()}

    def metric(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)


@pytest.fixture
def settings(tmp_path: Path, store: Store) -> Settings:
    return Settings(state_dir=tmp_path, namespace="test", store={"url": store.url})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store((tmp_path / "store").as_uri())


@pytest.fixture
def cluster(tmp_path: Path) -> LocalCluster:
    return LocalCluster(tmp_path, "test", machine=Machine(cpus=2, memory=8 * 2**30))


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture
def make() -> type[Controller]:
    """Makes further controllers."""
    return Controller


@pytest.fixture
def controller(cluster: LocalCluster, store: Store, pool: ThreadPoolExecutor) -> Controller:
    return Controller(cluster, store, pool)


@pytest.fixture
def commit(store: Store) -> Callable[[str], None]:
    """Commit a learner, as its worker would."""

    def build(id: str) -> None:
        attempt = Attempt(store, '{"made": "for a test"}', "learner", id)
        attempt.put("log.txt", b"done")
        attempt.commit({"accuracy": 0.5}, {})

    return build


@pytest.fixture
def manifests(settings: Settings) -> Callable[..., list[Manifest]]:
    """The Jobs of a preset's run, the fusion or ranking first: ``manifests("stacking", train__epochs=1)``."""

    def build(name: str = "stacking", **overrides: object) -> list[Manifest]:
        dotted = {path.replace("__", "."): value for path, value in overrides.items()}
        if Library().kind(name) == "sweep":
            resolved = resolve_sweep(Library(), name, profile="laptop", overrides=dotted)
            return render(plan_sweep(resolved, DATASET, weights, profile="laptop"), settings)
        name, experiment = Library().experiment(name, profile="laptop", overrides=dotted)
        return render(plan(name, experiment, DATASET, weights, profile="laptop"), settings)

    return build


@pytest.fixture
def run(manifests: Callable[..., list[Manifest]], cluster: LocalCluster) -> tuple[str, list[str]]:
    """A run that is submitted: its fusion and its learners, by name."""
    fusion, *learners = [cluster.create(manifest).name for manifest in manifests()]
    return fusion, learners


@pytest.fixture
def ended(cluster: LocalCluster) -> Callable[..., Job]:
    """Let a Job end: ``ended(name)`` well, ``ended(name, "Failed")`` not."""

    def build(name: str, condition: str = "Complete") -> Job:
        job: Any = cluster.get(name)
        status = {"conditions": [{"type": condition, "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}
        return Job(cluster.files.write({**job.object, "status": status}))

    return build
