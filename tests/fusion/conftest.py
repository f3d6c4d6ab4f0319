"""A real store with a small data set and trained members in it. Their networks are timm's smallest, at random weights: a
fusion cannot tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save
from torch import nn

from ltk8s.data.dataset import MANIFEST, Part, load_dataset
from ltk8s.data.manifest import Duplicate
from ltk8s.fusion import fuse
from ltk8s.metrics import summarise
from ltk8s.network.backbone import build, save_checkpoint
from ltk8s.network.context import WorkContext
from ltk8s.network.cost import parameters
from ltk8s.network.environment import environment
from ltk8s.network.predict import predict
from ltk8s.network.preprocess import Preprocess
from ltk8s.network.stopping import Stopping
from ltk8s.planning.task import RECIPE, DatasetRef, FusionTask, LearnerTask, Split, Weights, canonical_json
from ltk8s.spec.train import Ldam, Train
from ltk8s.store import Store, layout, open_store
from ltk8s.store.commit import Attempt, Result, read_result
from ltk8s.store.folder import upload_folder
from ltk8s.store.progress import ProgressReporter
from ltk8s.store.runs import Member as RunMember
from ltk8s.store.runs import RunRecord, write_run
from tests.three_classes import CLASSES, SIDE, write_dataset

TRAIN_COUNTS = (120, 40, 4)
TEST_PER_CLASS = 8
NET = "test_efficientnet"


@pytest.fixture(scope="session")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a data set of noise: three classes; the first test image is a training image too."""
    random = np.random.default_rng(0)
    first = random.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)

    def draw(label: int, i: int) -> NDArray[np.uint8]:
        return first if (label, i) == (0, 0) else random.integers(0, 256, first.shape, dtype=np.uint8)

    twin = Duplicate(train="train/cat/0.png", test="test/cat/0.png")
    return write_dataset(tmp_path_factory.mktemp("noise3"), "noise3", TRAIN_COUNTS, TEST_PER_CLASS, draw, (twin,))


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Small networks gain nothing from a second thread; and results depend on how many there are."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@cache
def trained(arch: str, classes: int, seed: int, cosine_scale: float | None) -> tuple[nn.Module, bytes]:
    """A network, and its checkpoint."""
    torch.manual_seed(seed)
    network = build(arch, classes, None, torch.Generator().manual_seed(seed), cosine_scale=cosine_scale).eval()
    network.get_classifier().weight.data.mul_(100)  # so that images of noise get different classes
    return network, save_checkpoint(network, arch, classes)


class World:
    """A store, and ways to put trained members into it and to fuse them."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        dataset = load_dataset(folder)
        self.manifest = dataset.manifest
        self.test: Part = dataset.part("test")
        self.reference = DatasetRef(name=self.manifest.name, fingerprint=self.manifest.fingerprint)
        self.split = Split(ratio=0.1)

    def learner(self, *, arch: str = NET, seed: int = 0, mean: float = 0.5, train: Any = None, **changes: Any) -> LearnerTask:
        fields = {
            "kind": "learner",
            "recipe": RECIPE,
            "dataset": self.reference,
            "split": self.split,
            "arch": arch,
            "weights": Weights(sha256="ab" * 32, mean=(mean,) * 3, std=(0.5,) * 3),
            "train": {"image_size": 32, **(train or {})},
            "seed": seed,
        }
        return LearnerTask.model_validate({**fields, **changes})

    def commit(
        self,
        task: LearnerTask,
        *,
        class_counts: tuple[int, ...] = (100, 40, 10),
        holds: tuple[str, int] | None = None,
        keys: Any = None,
        provenance: dict[str, Any] | None = None,
    ) -> str:
        """Commit a learner as training would have; ``holds`` makes the checkpoint another architecture's or class count's."""
        loss = task.train.loss
        cosine_scale = loss.scale if isinstance(loss, Ldam) else None
        network, checkpoint = trained(*(holds or (task.arch, len(CLASSES))), task.seed, cosine_scale)
        preprocess = Preprocess(task.weights.mean, task.weights.std, task.train.final_size, task.train.interpolation)
        logits = predict(network, self.test.images, preprocess)[:, : len(CLASSES)]
        labels, keys = torch.from_numpy(self.test.labels), torch.from_numpy(self.test.keys if keys is None else keys)
        attempt = Attempt(self.store, canonical_json(task), "learner", task.id)
        attempt.put("checkpoint.safetensors", checkpoint)
        attempt.put("predictions.safetensors", save({"logits": logits.contiguous(), "labels": labels, "keys": keys}))
        cost = {
            "seconds": 10.0,
            "parameters": parameters(network),
            "multiply_adds": 1_000_000,
            "class_counts": class_counts,
        }
        metrics = summarise(logits.softmax(1).numpy(), self.test.labels, TRAIN_COUNTS, CLASSES)
        attempt.commit(metrics, {**environment(), **cost, **(provenance or {})})
        return task.id

    def member(self, **changes: Any) -> str:
        """Commit a learner; return its id."""
        return self.commit(self.learner(**changes))

    def fusion(self, *ids: str, **changes: Any) -> FusionTask:
        fields = {
            "kind": "fusion",
            "recipe": RECIPE,
            "dataset": self.reference,
            "split": self.split,
            "members": ids,
            "rule": "mean-probability",
        }
        return FusionTask.model_validate({**fields, **changes})

    def context(self, task: FusionTask | LearnerTask, stopping: Stopping | None = None) -> WorkContext:
        attempt = Attempt(self.store, canonical_json(task), task.kind, task.id)
        progress = ProgressReporter(self.store, task.kind, task.id, attempt.attempt)
        return WorkContext(self.store, task, attempt, progress, stopping or Stopping(), lambda: b"log")

    def fuse(self, task: FusionTask, stopping: Stopping | None = None) -> Result:
        """Run a fusion as a worker would; return its commit."""
        context = self.context(task, stopping)
        try:
            fuse.run(task, context)
        finally:
            context.progress.close()
        result = read_result(self.store, "fusion", task.id)
        assert result is not None
        return result

    def run(self, name: str, task: FusionTask) -> RunRecord:
        """Write the record of a run with this fusion."""
        fields = {
            "run": f"{name}-00000000",
            "experiment": name,
            "title": name,
            "profile": "laptop",
            "dataset": self.reference.name,
            "fingerprint": self.reference.fingerprint,
            "ratio": self.split.ratio,
            "seed": 0,
            "split_seed": 0,
            "members": tuple(RunMember(id=id, arch=NET, seed=0) for id in task.members),
            "fusion": task.id,
            "train_counts": TRAIN_COUNTS,
            "spec": {"train": Train().model_dump(mode="json")},
            "image": "ltk8s/worker:latest",
            "version": "0.1.0",
            "created": "2026-01-01T00:00:00+00:00",
        }
        return write_run(self.store, RunRecord.model_validate(fields))

    def damage(self, id: str, name: str) -> str:
        """Flip one bit in the middle of a learner's artifact; return its key."""
        result = read_result(self.store, "learner", id)
        assert result is not None
        data = bytearray(self.store.get(result.key(name)))
        data[len(data) // 2] ^= 1
        self.store.put(result.key(name), bytes(data))
        return result.key(name)


@pytest.fixture
def world(tmp_path: Path, staged: Path) -> World:
    store = open_store((tmp_path / "store").as_uri())
    upload_folder(store, staged, layout.dataset("noise3", "0123456789abcdef"), last=MANIFEST)
    return World(store, staged)
