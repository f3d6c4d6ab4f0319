"""A real store with a small data set, initial weights of timm's smallest network, and learners that train there in a blink."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ltk8s.data.dataset import MANIFEST
from ltk8s.network.backbone import build, save_weights
from ltk8s.network.context import WorkContext
from ltk8s.network.device import set_threads
from ltk8s.network.stopping import Stopping
from ltk8s.planning.task import RECIPE, DatasetRef, FusionTask, LearnerTask, Weights, canonical_json
from ltk8s.spec.train import Train
from ltk8s.store import Store, layout, open_store
from ltk8s.store.commit import Attempt, Result, read_result
from ltk8s.store.folder import upload_folder
from ltk8s.store.progress import ProgressReporter
from ltk8s.store.weights import WeightsCard, put_weights
from ltk8s.training import learner
from tests.three_classes import SIDE, write_dataset

TRAIN_COUNTS = (24, 12, 6)
TEST_PER_CLASS = 10
NET = "test_efficientnet"
HALF = (0.5, 0.5, 0.5)
TRAIN = {"epochs": 3, "batch_size": 8, "image_size": SIDE, "lr": 0.01}


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """As many threads as a small pod has; more would only wait for each other here."""
    set_threads(1)


@pytest.fixture(scope="session")
def staged_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set as files: three classes of noise, each around a grey of its own."""
    random = np.random.default_rng(0)

    def draw(label: int, i: int) -> NDArray[np.uint8]:
        return random.integers(80 * label, 80 * label + 96, (SIDE, SIDE, 3), dtype=np.uint8)

    return write_dataset(tmp_path_factory.mktemp("greys"), "greys", TRAIN_COUNTS, TEST_PER_CLASS, draw)


@pytest.fixture(scope="session")
def initial_weights() -> bytes:
    """Weights of the smallest network with 1,000 classes, random but always the same."""
    torch.manual_seed(0)
    return save_weights(build(NET, 1000, None), NET)


def stage_into(store: Store, folder: Path, weights: bytes) -> None:
    upload_folder(store, folder, layout.dataset("greys", "0123456789abcdef"), last=MANIFEST)
    card = WeightsCard(
        arch=NET,
        sha256=hashlib.sha256(weights).hexdigest(),
        mean=HALF,
        std=HALF,
        interpolation="bilinear",
        parameters=1,
        source="test",
        licence="none",
        created="2026-01-01T00:00:00+00:00",
    )
    put_weights(store, card, weights)


@pytest.fixture
def store(tmp_path: Path, staged_folder: Path, initial_weights: bytes) -> Store:
    """A store of its own with data set and weights."""
    store = open_store((tmp_path / "store").as_uri())
    stage_into(store, staged_folder, initial_weights)
    return store


@pytest.fixture(scope="session")
def stage() -> Callable[[Store, Path, bytes], None]:
    """Puts data set and weights into another store."""
    return stage_into


MakeTask = Callable[..., LearnerTask]


@pytest.fixture(scope="session")
def make_task(initial_weights: bytes) -> MakeTask:
    """Makes a learner's task; ``train`` changes its recipe, other arguments change the task."""

    def make(train: dict[str, Any] | None = None, **changes: Any) -> LearnerTask:
        recipe = {**TRAIN, **(train or {})}
        if "steps" in recipe:
            recipe.pop("epochs")
        fields = {
            "kind": "learner",
            "recipe": RECIPE,
            "dataset": DatasetRef(name="greys", fingerprint="0123456789abcdef"),
            "arch": NET,
            "weights": Weights(sha256=hashlib.sha256(initial_weights).hexdigest(), mean=HALF, std=HALF),
            "train": Train.model_validate(recipe),
            **changes,
        }
        return LearnerTask.model_validate(fields)

    return make


@pytest.fixture
def contexts() -> Iterator[Callable[[Store, LearnerTask], WorkContext]]:
    """Makes what a learner is run with."""
    made: list[WorkContext] = []

    def make(store: Store, task: LearnerTask) -> WorkContext:
        attempt = Attempt(store, canonical_json(task), "learner", task.id)
        progress = ProgressReporter(store, "learner", task.id, attempt.attempt)
        made.append(WorkContext(store, task, attempt, progress, Stopping()))
        return made[-1]

    yield make
    for context in made:
        context.progress.close()


@pytest.fixture
def learn(contexts: Callable[[Store, LearnerTask], WorkContext]) -> Callable[[Store, LearnerTask], Result]:
    """Trains a learner in this process and returns its result."""

    def run(store: Store, task: LearnerTask) -> Result:
        learner.run(task, contexts(store, task))
        result = read_result(store, "learner", task.id)
        assert result is not None
        return result

    return run


FORKED = """
import os
os.environ.update(environ)
os.dup2(os.open(stderr, os.O_WRONLY), 2)
import ltk8s.worker
ltk8s.worker.leave()
"""


@dataclass
class Workers:
    """Starts real worker processes, forked from one that has imported what they need: they start in a blink."""

    directory: Path
    processes: list[BaseProcess]

    def start(self, store: Store, task: LearnerTask | FusionTask, **environ: str) -> BaseProcess:
        variables = {
            **{name: value for name, value in os.environ.items() if name.startswith("AWS_")},
            "LTK8S_TASK": canonical_json(task),
            "LTK8S_STORE": store.address,
            "LTK8S_THREADS": "1",
            **environ,
        }
        log = self.directory / f"{len(self.processes)}.log"
        log.touch()
        names = {"environ": variables, "stderr": str(log)}
        process = multiprocessing.get_context("forkserver").Process(target=exec, args=(FORKED, names))
        process.start()
        self.processes.append(process)
        return process

    def run(self, store: Store, task: LearnerTask | FusionTask, **environ: str) -> int:
        """Start one and return its exit code."""
        return self.end(self.start(store, task, **environ))

    def end(self, process: BaseProcess) -> int:
        """Wait for a process's end; its exit code, −9 where it was killed."""
        process.join()
        assert process.exitcode is not None
        return process.exitcode

    def reaches(self, process: BaseProcess, happens: Callable[[], bool]) -> bool:
        """Wait until something happens while a process runs; whether it did before the process ended."""
        while process.is_alive():
            if happens():
                return True
            time.sleep(0.002)
        return happens()

    def until(self, process: BaseProcess, happens: Callable[[], bool]) -> None:
        """Wait until something happens that must happen while a process runs."""
        assert self.reaches(process, happens), f"the worker ended before that: {self.said()}"

    def said(self) -> str:
        """What the process that was started last has written to standard error."""
        return (self.directory / f"{len(self.processes) - 1}.log").read_text()


@pytest.fixture(scope="session")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    multiprocessing.get_context("forkserver").set_forkserver_preload(["ltk8s.training.learner", "ltk8s.fusion.fuse"])
    workers = Workers(tmp_path_factory.mktemp("workers"), [])
    yield workers
    for process in workers.processes:
        process.kill()
        process.join()
