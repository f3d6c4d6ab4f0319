"""What a learner works on, fetched from the store: images to train on and images to predict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ltk8s.data.dataset import Images, Part
from ltk8s.data.draw import Sampling, draw
from ltk8s.data.manifest import Manifest
from ltk8s.data.sampler import POWERS, ClassSampler, shown
from ltk8s.data.split import Indices, indices_digest, tail_counts
from ltk8s.errors import TaskError
from ltk8s.network.dataset import open_dataset
from ltk8s.planning.task import LearnerTask, TaskBag, TaskBalanced
from ltk8s.store.base import Store


@dataclass(frozen=True)
class Material:
    """Images and labels of one learner.

    ``rows`` index ``images`` and ``labels`` and may repeat. ``sampler`` draws each epoch from them; None shows each once.
    ``counts`` are how often an epoch shows each class, ``split_counts`` the classes' images in the long-tailed split before any
    sampling. ``evaluation`` is what the learner is scored on.
    """

    manifest: Manifest
    images: Images
    labels: NDArray[np.int64]
    rows: Indices
    evaluation: Part
    sampler: ClassSampler | None = None

    @property
    def classes(self) -> int:
        return len(self.manifest.classes)

    @property
    def counts(self) -> tuple[float, ...]:
        counts = tuple(np.bincount(self.labels[self.rows], minlength=self.classes).tolist())
        return shown(counts, self.sampler.power) if self.sampler else counts

    @property
    def digest(self) -> str:
        """SHA-256 of ``rows``: which images were trained on."""
        return indices_digest(self.rows)

    def split_counts(self, ratio: float | None) -> tuple[int, ...]:
        return tail_counts(self.manifest.train_counts, ratio)


def load_material(store: Store, task: LearnerTask) -> Material:
    """Fetch and verify the data set, and draw the learner's images from it.

    With a fold the evaluation images are the held-out ones, and the test part is neither fetched nor read.

    Raises:
        TaskError: if the data set is not there, is another one, or is corrupt; or the fold holds out no image.
    """
    parts: list[Literal["train", "test"]] = ["train"] if task.fold else ["train", "test"]
    dataset = open_dataset(store, task.dataset, parts)
    train = dataset.part("train")
    rows, held_out = draw(
        train.labels,
        len(dataset.manifest.classes),
        ratio=task.split.ratio,
        split_seed=task.split.seed,
        fold=(task.fold.index, task.fold.of) if task.fold else None,
        sampling=sampling_of(task),
        seed=task.seed,
        groups=train.groups,
    )
    if task.fold and not len(held_out):
        raise TaskError(
            f"Fold {task.fold.index + 1} of {task.fold.of} holds out no image: the classes' images are too few groups.",
            "Use fewer folds (select.folds), or images of more groups in each class.",
        )
    evaluation = part_of(train, held_out) if task.fold else dataset.part("test")
    return Material(dataset.manifest, train.images, train.labels, rows, evaluation, sampler_of(task, train.labels[rows]))


def sampling_of(task: LearnerTask) -> Sampling:
    """A task's sampling in the words of ``data.draw``."""
    sampling = task.sampling
    if isinstance(sampling, TaskBalanced):
        return ("balanced", sampling.threshold)
    return ("bag", sampling.index, sampling.of) if isinstance(sampling, TaskBag) else ("all",)


def sampler_of(task: LearnerTask, labels: NDArray[np.int64]) -> ClassSampler | None:
    """What draws a task's epochs from its images, whose ``labels`` these are."""
    power = POWERS.get(task.sampling.rule)
    return None if power is None else ClassSampler(labels, power, task.seed)


def part_of(part: Part, rows: Indices) -> Part:
    """The images of a part at ``rows``, in memory."""
    return Part(part.images[rows], part.labels[rows], part.keys[rows], part.groups[rows])
