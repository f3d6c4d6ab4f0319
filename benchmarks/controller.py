"""How long a person waits for the command line: help, planning and rendering a large sweep, the status of many Jobs.

    python benchmarks/controller.py

Prints the median of several runs of each beside its goal, and the CPU seconds of it: on a busy machine these say what the
command needs, the others how long it had to wait. Everything happens in a temporary directory.
"""

from __future__ import annotations

import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ltk8s.cluster import open_cluster
from ltk8s.cluster.render import render, to_yaml
from ltk8s.cluster.submit import submit
from ltk8s.data.manifest import Manifest
from ltk8s.planning.planner import Plan, plan
from ltk8s.planning.task import Weights
from ltk8s.spec.experiment import Experiment
from ltk8s.spec.library import Library
from ltk8s.spec.settings import Settings, load_settings
from ltk8s.store import open_store

POINTS = 1000
JOBS = 1000

DATASET = Manifest(
    name="cifar50",
    fingerprint="0" * 16,
    classes=tuple(f"class{i}" for i in range(50)),
    train_counts=(500,) * 50,
    test_counts=(100,) * 50,
    height=32,
    width=32,
    shards=(),
    source="benchmark",
    created="2026-01-01T00:00:00+00:00",
    version="0",
)


def main() -> None:
    print(f"{'seconds':40} {'median':>7} {'cpu':>7} {'goal':>7}")
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(state_dir=Path(folder), cluster="local")
        line("ltk8s --help", measure(lambda: run(["--help"], folder), 9), 0.3)
        line(f"plan and render {POINTS:,} points of a sweep", measure(lambda: render_sweep(settings), 3), 3)
        jobs = submit_jobs(settings)
        line(f"ltk8s status, {jobs:,} Jobs", measure(lambda: run(["status", "--json"], folder), 9), 1)


def line(what: str, measured: tuple[float, float], goal: float) -> None:
    wall, cpu = measured
    print(f"{what:40} {wall:7.2f} {cpu:7.2f} {goal:7g}  {'' if wall <= goal else 'missed'}")


def measure(action: Callable[[], object], times: int) -> tuple[float, float]:
    """The median wall and CPU seconds of an action and its child processes, after once for the caches."""
    action()
    walls, cpus = zip(*(timed(action) for _ in range(times)), strict=True)
    return statistics.median(walls), statistics.median(cpus)


def timed(action: Callable[[], object]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), sum(os.times()[:4])
    action()
    return time.perf_counter() - wall, sum(os.times()[:4]) - cpu


def run(arguments: Sequence[str], state_dir: str) -> None:
    """The command as a person runs it: a process of its own, interpreter start-up included."""
    command = [sys.executable, "-c", "from ltk8s.cli.app import main; main()", *arguments]
    subprocess.run(command, env={**os.environ, "LTK8S_STATE_DIR": state_dir}, stdout=subprocess.DEVNULL, check=True)


def render_sweep(settings: Settings) -> str:
    """What `ltk8s render` prints for a sweep; every point has another learning rate."""
    _, experiment = Library().experiment("baseline", profile="cpu")
    return to_yaml([job for i in range(POINTS) for job in render(plan_at(experiment, i), settings)])


def submit_jobs(settings: Settings) -> int:
    """Submit runs of four Jobs each, none of which runs; returns the number of Jobs."""
    _, experiment = Library().experiment("stacking", profile="laptop")
    store, cluster = open_store(settings.store.url), open_cluster("local", settings)
    submit([plan_at(experiment, i) for i in range(JOBS // 4)], store, cluster, settings)
    return len(cluster.list())


def plan_at(experiment: Experiment, point: int) -> Plan:
    train = experiment.train.model_copy(update={"lr": 1e-4 * (1 + point)})
    return plan("sweep", experiment.model_copy(update={"train": train}), DATASET, weights_of, profile="cpu")


def weights_of(arch: str) -> Weights:
    return Weights(sha256=hashlib.sha256(arch.encode()).hexdigest(), mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))


if __name__ == "__main__":
    main()
