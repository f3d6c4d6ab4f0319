"""A fusion's members: trained networks out of the store, each exactly what its commit says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ltk8s.errors import Corrupt, MembersError
from ltk8s.network.backbone import load_checkpoint
from ltk8s.network.learners import read_learner, read_members, read_predictions
from ltk8s.network.preprocess import Preprocess
from ltk8s.planning.task import FusionTask, LearnerTask
from ltk8s.store import layout
from ltk8s.store.base import Store
from ltk8s.store.commit import Result, read_artifact


@dataclass(frozen=True)
class Predictions:
    """What a member committed for the test set: ``logits`` float32 N×C, ``labels`` and ``keys`` int64 N."""

    logits: Tensor
    labels: NDArray[np.int64]
    keys: NDArray[np.int64]


@dataclass(frozen=True)
class Trained:
    """One learner, trained: its task, its network (in eval mode, on the CPU), and how often an epoch showed it each class."""

    task: LearnerTask
    network: nn.Module
    class_counts: tuple[float, ...]

    @property
    def id(self) -> str:
        return self.task.id

    def preprocess(self) -> Preprocess:
        """From stored images to what this network was evaluated on."""
        train, weights = self.task.train, self.task.weights
        return Preprocess(weights.mean, weights.std, train.final_size, train.interpolation)


@dataclass(frozen=True)
class Member(Trained):
    """A learner out of the store, with its commit and what it predicted."""

    result: Result
    predictions: Predictions


def load_members(store: Store, task: FusionTask, classes: int, check: Callable[[], None] = lambda: None) -> list[Member]:
    """Load and verify every member of a fusion, in order.

    A commit that is not what it says is set aside, so that submitting again trains that learner anew.

    Args:
        classes: how many classes the data set has.
        check: called before each member; what it raises ends the loading.

    Raises:
        MembersError: if any is missing or bad; it names them all.
    """
    return read_members(store, task.members, lambda result: _load(store, task, result, classes), check)


def _load(store: Store, task: FusionTask, result: Result, classes: int) -> Member:
    learner = read_learner(store, result.id, task)
    if learner.fold:
        raise MembersError(
            f"Member {learner.id} was trained without fold {learner.fold.index}, for selection only.",
            "Submit the experiment again.",
        )
    network = _read_network(store, result, learner, classes)
    counts = tuple(result.provenance["class_counts"])
    found = read_predictions(store, result, classes)
    predictions = Predictions(torch.tensor(found.logits), found.labels, found.keys)
    return Member(learner, network, counts, result, predictions)


def _read_network(store: Store, result: Result, learner: LearnerTask, classes: int) -> nn.Module:
    try:
        return load_checkpoint(learner.arch, classes, read_artifact(store, result, layout.CHECKPOINT))
    except MembersError as error:
        raise Corrupt(result.key(layout.CHECKPOINT), f"{error.what[:1].lower()}{error.what[1:].rstrip('.')}") from None
