"""A real store with a data set's manifest and learners that have committed made-up predictions: a ranking cannot tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save

from ltk8s.data.manifest import Manifest
from ltk8s.network.context import WorkContext
from ltk8s.network.stopping import Stopping
from ltk8s.planning.task import (
    RECIPE,
    DatasetRef,
    Fold,
    LearnerTask,
    RankingPoint,
    RankingTask,
    Split,
    Weights,
    canonical_json,
)
from ltk8s.ranking.rank import run
from ltk8s.spec.experiment import Fusion
from ltk8s.spec.ranking import Ranking
from ltk8s.spec.train import Train
from ltk8s.store import Store, layout, open_store
from ltk8s.store.commit import Attempt, Result, read_result
from ltk8s.store.progress import ProgressReporter

CLASSES = ("cat", "dog", "eel", "fly")
COUNTS = (6, 4, 3, 1)
LABELS = np.repeat(np.arange(4), COUNTS)
"""Of the training images; the last class's only one is never held out."""

HELD_OUT = (np.array([0, 3, 6, 9, 12]), np.array([1, 4, 7, 10]), np.array([2, 5, 8, 11]))


class World:
    """A store, learners in it, and rankings of them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.dataset = DatasetRef(name="four", fingerprint="0123456789abcdef")
        manifest = Manifest(
            name="four",
            fingerprint="0123456789abcdef",
            classes=CLASSES,
            train_counts=COUNTS,
            test_counts=(2,) * 4,
            height=8,
            width=8,
            shards=(),
            source="test",
            created="2026-01-01T00:00:00+00:00",
            version="0",
        )
        store.put(layout.dataset_manifest("four", manifest.fingerprint), manifest.model_dump_json().encode())

    def task(self, *, fold: int | None = 0, seed: int = 0, arch: str = "net", **changes: Any) -> LearnerTask:
        weights = Weights(sha256="ab" * 32, mean=(0.5,) * 3, std=(0.5,) * 3)
        return LearnerTask(
            kind="learner",
            recipe=RECIPE,
            dataset=changes.pop("dataset", self.dataset),
            split=Split(),
            fold=None if fold is None else Fold(index=fold, of=3),
            arch=arch,
            weights=weights,
            train=Train.model_validate({"image_size": 32, **changes}),
            seed=seed,
        )

    def commit(self, task: LearnerTask, logits: NDArray[Any], rows: NDArray[np.int64], **provenance: Any) -> str:
        """Commit predictions of some training images, as a learner would."""
        attempt = Attempt(self.store, canonical_json(task), "learner", task.id)
        tensors = {"logits": logits.astype(np.float32), "labels": LABELS[rows], "keys": rows * 1000}
        attempt.put("predictions.safetensors", save(tensors))
        known = {"class_counts": list(COUNTS), "parameters": 10, "seconds": 2.0, "multiply_adds": 100, "images_seen": 50}
        attempt.commit({}, {**known, **provenance})
        return task.id

    def point(self, label: str, right: NDArray[np.int64], *, default: bool = False, **options: Any) -> RankingPoint:
        """Three folds of one learner each, that has just the images ``right`` right."""
        ids = []
        for fold, rows in enumerate(HELD_OUT):
            predicted = np.where(np.isin(rows, right), LABELS[rows], (LABELS[rows] + 1) % 4)
            task = self.task(fold=fold, seed=options.get("seed", 0), lr=options.get("lr", 0.001))
            ids.append((self.commit(task, np.eye(4)[predicted], rows, images_seen=options.get("images_seen", 50)),))
        return RankingPoint(label=label, settings=options.get("settings", {}), default=default, folds=tuple(ids))

    def ranking(self, *points: RankingPoint, folds: int = 3) -> RankingTask:
        return RankingTask(kind="ranking", recipe=RECIPE, dataset=self.dataset, split=Split(), folds=folds, points=points)

    def rank(self, task: RankingTask) -> tuple[Ranking, Result]:
        """Do it, as its Job would."""
        attempt = Attempt(self.store, canonical_json(task), "ranking", task.id)
        progress = ProgressReporter(self.store, "ranking", task.id, attempt.attempt)
        try:
            run(task, WorkContext(self.store, task, attempt, progress, Stopping()))
        finally:
            progress.close()
        result = read_result(self.store, "ranking", task.id)
        assert result
        return Ranking.model_validate(result.metrics), result


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(open_store((tmp_path / "store").as_uri()))


@pytest.fixture
def fusion() -> Callable[..., Fusion]:
    return lambda **fields: Fusion.model_validate(fields)
