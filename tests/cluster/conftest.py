"""A store and a local cluster of the test's own, plans on a data set that is staged in name only, and Jobs made for a test."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from ltk8s.cluster import names
from ltk8s.cluster.job import Manifest
from ltk8s.cluster.local.cluster import LocalCluster
from ltk8s.cluster.local.driver import drive
from ltk8s.cluster.local.locks import RunLock
from ltk8s.cluster.local.machine import Machine
from ltk8s.cluster.record import record_of
from ltk8s.cluster.submit import Outcome, submit
from ltk8s.planning.planner import Plan, plan
from ltk8s.planning.sweep import AnyPlan, plan_sweep
from ltk8s.spec.library import Library
from ltk8s.spec.resolve import resolve_sweep
from ltk8s.spec.settings import Settings
from ltk8s.store import open_store
from ltk8s.store.base import Store
from ltk8s.store.commit import Attempt
from ltk8s.store.runs import RunRecord, write_run
from tests.cifar50 import DATASET, weights


@pytest.fixture
def planned() -> Callable[..., Any]:
    """Plan a preset, an experiment or a sweep: ``planned("stack-wl", profile="laptop", train__epochs=1)``."""

    def build(name: str, profile: str = "laptop", **overrides: object) -> AnyPlan:
        dotted = {path.replace("__", "."): value for path, value in overrides.items()}
        if Library().kind(name) == "sweep":
            return plan_sweep(
                resolve_sweep(Library(), name, profile=profile, overrides=dotted), DATASET, weights, profile=profile
            )
        name, experiment = Library().experiment(name, profile=profile, overrides=dotted)
        return plan(name, experiment, DATASET, weights, profile=profile)

    return build


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path, namespace="test")


@pytest.fixture
def store(settings: Settings) -> Store:
    return open_store(settings.store.url)


@pytest.fixture
def cluster(tmp_path: Path) -> LocalCluster:
    """Two CPUs and 8 GiB, whatever the tests run on."""
    return LocalCluster(tmp_path, "test", machine=Machine(cpus=2, memory=8 * 2**30))


@pytest.fixture
def commit(store: Store) -> Callable[..., None]:
    """Commit a result, as a worker would: ``commit("learner", id)``."""

    def build(kind: Any, id: str, accuracy: float = 0.5) -> None:
        attempt = Attempt(store, '{"made": "for a test"}', kind, id)
        attempt.put("log.txt", b"done")
        attempt.commit({"accuracy": accuracy}, {})

    return build


@pytest.fixture
def job(store: Store) -> Callable[..., Manifest]:
    """A learner's manifest whose worker runs ``code``; keyword arguments become fields of its spec."""

    def build(
        name: str, code: str = "pass", *, run: str = "run-1", cpu: str = "1", memory: str = "1Gi", **spec: Any
    ) -> Manifest:
        worker = {
            "name": names.WORKER,
            "image": "test",
            "command": ["python", "-c", code],
            "env": [{"name": "HOME", "value": "/tmp"}],
            "resources": {"requests": {"cpu": cpu, "memory": memory}},
            "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
        }
        rules = [
            {"action": "FailJob", "onExitCodes": {"containerName": names.WORKER, "operator": "In", "values": [65, 66]}},
            {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
            {"action": "Ignore", "onExitCodes": {"containerName": names.WORKER, "operator": "In", "values": [143]}},
        ]
        pod = {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 5,
            "containers": [worker],
            "volumes": [{"name": "tmp", "emptyDir": {}}],
        }
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {
                "name": name,
                "namespace": "test",
                "labels": {names.MANAGED_BY: names.MANAGER, names.KIND: "learner", names.run_label(run): ""},
                "annotations": {names.STORE: store.url},
            },
            "spec": {"backoffLimit": 2, "podFailurePolicy": {"rules": rules}, "template": {"spec": pod}, **spec},
        }

    return build


@pytest.fixture
def held(job: Callable[..., Manifest]) -> Callable[..., Manifest]:
    """A fusion's manifest, held until ``after`` is committed."""

    def build(name: str, after: list[str], code: str = "pass", **options: Any) -> Manifest:
        made = job(name, code, suspend=True, **options)
        made["metadata"]["labels"] |= {names.KIND: "fusion", names.HELD: "true"}
        made["metadata"]["annotations"][names.AFTER] = ",".join(after)
        return made

    return build


@pytest.fixture
def run_jobs(cluster: LocalCluster, store: Store) -> Callable[..., bool]:
    """Drive runs to their end, without the pauses that people get."""

    def build(*runs: str, **options: Any) -> bool:
        return drive(runs or ("run-1",), cluster, store, **{"backoff": 0.01, "interval": 0.01, **options})

    return build


@pytest.fixture
def recorded(store: Store, planned: Callable[..., Plan]) -> Callable[..., RunRecord]:
    """The record of a preset's run, as submit would leave it in the store."""

    def build(name: str, **overrides: object) -> RunRecord:
        return write_run(store, record_of(planned(name, **overrides), "image"))

    return build


@pytest.fixture
def in_background(run_jobs: Callable[..., bool]) -> Iterator[Callable[..., tuple[Thread, Event]]]:
    """Drive in a thread; returns it and the event that stops it."""
    started: list[tuple[Thread, Event]] = []

    def start(**options: object) -> tuple[Thread, Event]:
        stop = Event()
        thread = Thread(target=run_jobs, kwargs={"stop": stop, **options})
        thread.start()
        started.append((thread, stop))
        return thread, stop

    yield start
    for thread, stop in started:
        stop.set()
        thread.join(30)


@pytest.fixture
def wait_until() -> Callable[[Callable[[], object]], None]:
    """Wait for something to become true."""

    def wait(what: Callable[[], object], seconds: float = 30) -> None:
        until = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < until, "it did not happen"
            time.sleep(0.01)

    return wait


@pytest.fixture
def says(cluster: LocalCluster) -> Callable[..., bool]:
    """Whether a word is in the log of a Job's attempt."""

    def look(name: str, word: str = "ready", attempt: int = 1) -> bool:
        log = cluster.files.logs(name) / f"{attempt}.log"
        return log.exists() and word in log.read_text()

    return look


@pytest.fixture
def until_sigterm(tmp_path: Path) -> str:
    """Code that says ``ready`` and then waits for SIGTERM, on which it makes the file ``saved`` and exits 143."""
    return (
        "import pathlib, signal, sys, time\n"
        f"saved = pathlib.Path({str(tmp_path / 'saved')!r})\n"
        "signal.signal(signal.SIGTERM, lambda *_: (saved.touch(), sys.exit(143)))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )


@pytest.fixture
def in_lock(cluster: LocalCluster) -> Callable[[str], AbstractContextManager[None]]:
    """Hold a Job's lock, as a driver that runs it does."""

    @contextmanager
    def hold(name: str) -> Iterator[None]:
        lock = RunLock.acquire(cluster.files.lock(name))
        assert lock
        yield
        lock.close()

    return hold


@pytest.fixture
def send(store: Store, cluster: LocalCluster, settings: Settings) -> Callable[..., dict[tuple[str, str], Outcome]]:
    """Submit plans; returns the outcomes by run and id."""

    def build(*plans: Plan, **options: Any) -> dict[tuple[str, str], Outcome]:
        return {(each.run, each.id): each for each in submit(plans, store, cluster, settings, **options)}

    return build


@pytest.fixture
def finish(cluster: LocalCluster, run_jobs: Callable[..., bool]) -> Callable[[str, int], None]:
    """Put a Job whose worker says ``the end`` and exits with a code into the place of one that would train, and run it."""

    def build(name: str, code: int) -> None:
        job = cluster.get(name).object
        cluster.delete(name, uid=job["metadata"]["uid"])
        worker = {
            **job["spec"]["template"]["spec"]["containers"][0],
            "command": ["python", "-c", f"print('the end'); exit({code})"],
        }
        pod = {**job["spec"]["template"]["spec"], "containers": [worker]}
        cluster.create({**job, "spec": {**job["spec"], "backoffLimit": 0, "template": {"spec": pod}}})
        run_jobs(*cluster.get(name).runs)

    return build
