"""What `control_plane.py` submits: a sweep of many points, or many small runs; and how it plays their learners.

python benchmarks/workload.py STORE NAMESPACE POINTS    submits a sweep to the current context, as a process of its own
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from controller import DATASET, weights_of

from ltk8s.cluster import names, open_cluster
from ltk8s.cluster.job import Job
from ltk8s.cluster.render import render, to_yaml
from ltk8s.cluster.submit import submit
from ltk8s.planning.planner import Plan, plan
from ltk8s.planning.task import canonical_json
from ltk8s.spec.library import Library
from ltk8s.spec.settings import Settings, StoreSettings
from ltk8s.store import open_store
from ltk8s.store.address import S3Address, parse_address
from ltk8s.store.commit import Attempt

PER_SECOND = 10
"""Fusions whose last learner ends in a second, on the average, at random moments."""

LONGEST_WAIT = 60.0


def main() -> None:
    store, namespace, points = sys.argv[1:]
    submit_all([sweep(int(points))], store, namespace)


def sweep(points: int) -> Plan:
    """One run of many learners, each with another learning rate."""
    plans = [small_run("baseline", point) for point in range(points)]
    learners = tuple(each.learners[0] for each in plans)
    fusion = plans[0].fusion.model_copy(update={"members": tuple(task.id for task in learners)})
    return replace(plans[0], name="sweep", learners=learners, fusion=fusion)


def runs(count: int) -> list[Plan]:
    """Runs of three learners and a fusion each."""
    return [small_run("stacking", point) for point in range(count)]


@cache
def _experiment(name: str) -> Any:
    return Library().experiment(name, profile="laptop")[1]


def small_run(name: str, point: int) -> Plan:
    experiment = _experiment(name)
    train = experiment.train.model_copy(update={"lr": 1e-4 * (1 + point)})
    return plan(name, experiment.model_copy(update={"train": train}), DATASET, weights_of, profile="laptop")


def prefixed(address: str, prefix: str) -> str:
    """The address of a store of its own, in the same bucket."""
    parsed = parse_address(address)
    assert isinstance(parsed, S3Address)
    return str(replace(parsed, prefix=f"{prefix}/"))


def settings_of(address: str, namespace: str) -> Settings:
    parsed = parse_address(address)
    assert isinstance(parsed, S3Address)
    store = StoreSettings(url=parsed.url, endpoint=parsed.endpoint)
    return Settings(store=store, namespace=namespace)


def environment(address: str, namespace: str) -> dict[str, str]:
    """The same settings for another process."""
    settings = settings_of(address, namespace)
    return {
        "LTK8S_STORE__URL": settings.store.url,
        "LTK8S_STORE__ENDPOINT": settings.store.endpoint or "",
        "LTK8S_NAMESPACE": namespace,
    }


def manifests_of(plans: Sequence[Plan], address: str, namespace: str) -> str:
    settings = settings_of(address, namespace)
    return to_yaml([manifest for each in plans for manifest in render(each, settings)])


def submit_all(plans: Sequence[Plan], address: str, namespace: str) -> None:
    settings = settings_of(address, namespace)
    submit(plans, open_store(address), open_cluster(None, settings), settings)


def play(plans: Sequence[Plan], address: str, namespace: str, config: Path) -> list[float]:
    """Submit runs, let their learners end, the last of each run at a random moment; the seconds until each is released."""
    submit_all(plans, address, namespace)
    stage = Stage(address, namespace)
    first = [task for each in plans for task in each.learners[:-1]]
    with stage.watching(), ThreadPoolExecutor(16) as pool:
        stage.wait_for_pods([task.id for each in plans for task in each.learners])
        list(pool.map(stage.end, first))
        time.sleep(5)
        ended = []
        for each in plans:
            time.sleep(random.expovariate(PER_SECOND))
            ended.append(pool.submit(stage.end, each.learners[-1]))
        last = {each.fusion.id: future.result() for each, future in zip(plans, ended, strict=True)}
        stage.wait_for_releases(list(last))
    return [stage.released[fusion] - moment for fusion, moment in last.items()]


class Stage:
    """Plays learners, and watches fusions."""

    def __init__(self, address: str, namespace: str) -> None:
        from ltk8s.cluster.kubernetes.api import open_api

        self._api = open_api(None, namespace)
        self._store = open_store(address)
        self._pods = f"/api/v1/namespaces/{namespace}/pods"
        self._jobs = f"/apis/batch/v1/namespaces/{namespace}/jobs"
        self._pod_of: dict[str, str] = {}
        self.released: dict[str, float] = {}

    def watching(self) -> Any:
        from contextlib import closing

        from ltk8s.cluster.kubernetes.slim import slim_job
        from ltk8s.cluster.kubernetes.watching import Watch

        watch = Watch(self._api, self._jobs, label_selector=f"{names.KIND}=fusion", slim=slim_job, on_event=self._on_fusion)
        watch.start()
        return closing(watch)

    def end(self, task: Any) -> float:
        """What a learner does last: commit, and leave. Returns when the commit was made."""
        attempt = Attempt(self._store, canonical_json(task), "learner", task.id)
        attempt.put("log.txt", b"played")
        attempt.commit({"accuracy": 0.5}, {})
        moment = time.monotonic()
        status = {"status": {"phase": "Succeeded"}}
        self._api.patch(f"{self._pods}/{self._pod_of[task.id]}/status", status, kind="merge")
        return moment

    def wait_for_pods(self, ids: Sequence[str]) -> None:
        label = "batch.kubernetes.io/job-name"
        self._until(lambda: set(ids) <= set(self._pod_of), "pods run", look=lambda: self._pod_of.update(
            {pod["metadata"]["labels"][label]: pod["metadata"]["name"]
             for pod in self._api.get(self._pods, fieldSelector="status.phase=Running")["items"]}), seconds=600)  # fmt: skip

    def wait_for_releases(self, fusions: Sequence[str]) -> None:
        self._until(lambda: set(fusions) <= set(self.released), "fusions are released")

    def _on_fusion(self, kind: str, found: dict[str, Any]) -> None:
        job = Job(found)
        if job.phase != "held":
            self.released.setdefault(job.name, time.monotonic())

    def _until(self, true: Any, what: str, *, look: Any = lambda: None, seconds: float = LONGEST_WAIT) -> None:
        until = time.monotonic() + seconds
        while not true():
            look()
            if time.monotonic() > until:
                raise SystemExit(f"Not all {what} after {seconds:g} s.")
            time.sleep(0.2)


if __name__ == "__main__":
    main()
