"""One point of a sweep: its folds' predictions pooled and counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ltk8s.errors import MembersError
from ltk8s.metrics import accuracy_by_class, balanced_accuracy, grouped
from ltk8s.metrics.selection import balanced_standard_error
from ltk8s.network.learners import Predictions
from ltk8s.planning.task import RankingPoint
from ltk8s.ranking.fuse import fuse
from ltk8s.ranking.members import Member, Members
from ltk8s.spec.ranking import Point


@dataclass(frozen=True)
class Pooled:
    """What a point's networks predict, N images of all folds: ``predicted`` and ``labels`` int64, sorted by ``keys``."""

    predicted: NDArray[np.int64]
    labels: NDArray[np.int64]
    keys: NDArray[np.int64]

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Whether each image is right, N."""
        right: NDArray[np.bool_] = self.predicted == self.labels
        return right


def pool(
    point: RankingPoint,
    members: Members,
    *,
    classes: Sequence[str],
    split_counts: Sequence[int],
    check: Callable[[], None] = lambda: None,
) -> Pooled:
    """Fuse each fold's members and pool what they predict.

    Raises:
        MembersError: if the members of one fold have predicted different images.
    """
    predicted, labels, keys = [], [], []
    for ids in point.folds:
        check()
        own = [members.predictions(id) for id in ids]
        _check_same_images(ids, own)
        logs = fuse(
            [each.logits for each in own],
            [members[id] for id in ids],
            point.fusion,
            classes=classes,
            split_counts=split_counts,
        )
        predicted.append(logs.argmax(axis=1))
        labels.append(own[0].labels)
        keys.append(own[0].keys)
    order = np.argsort(np.concatenate(keys), kind="stable")
    return Pooled(*(np.concatenate(parts)[order] for parts in (predicted, labels, keys)))


def score(point: RankingPoint, pooled: Pooled, members: Members, split_counts: Sequence[int]) -> Point:
    """Count what is right, and what it cost."""
    right, n = accuracy_by_class(pooled.predicted, pooled.labels, len(split_counts))
    correct, total = int(right.sum()), len(pooled.labels)
    own = [members[id] for fold in point.folds for id in fold]
    first = own[: len(point.folds[0])]
    return Point(
        label=point.label,
        settings=point.settings,
        default=point.default,
        members=tuple(member.result.id for member in own),
        networks=tuple(member.task.arch for member in first),
        n=total,
        correct=correct,
        accuracy=correct / total,
        balanced_accuracy=balanced_accuracy(right, n),
        standard_error=balanced_standard_error(right, n),
        groups=grouped(right, n, split_counts),
        per_class={"correct": right.tolist(), "n": n.tolist()},
        parameters=sum(member.result.provenance["parameters"] for member in first),
        device_seconds=sum(member.result.provenance["seconds"] for member in own),
        compute=sum(compute(member) for member in own),
    )


def compute(member: Member) -> float:
    """Multiply-adds of a member's training, forward passes only: those of one image, which go with its area, for each image
    that it has seen. The training sizes take equal parts of it.
    """
    provenance, train = member.result.provenance, member.task.train
    area = sum(size**2 for size in train.sizes) / len(train.sizes) / train.final_size**2
    return float(provenance["multiply_adds"] * area * provenance["images_seen"])


def _check_same_images(ids: Sequence[str], own: Sequence[Predictions]) -> None:
    for id, each in zip(ids[1:], own[1:], strict=True):
        if not (np.array_equal(each.keys, own[0].keys) and np.array_equal(each.labels, own[0].labels)):
            raise MembersError(f"Member {id} has predicted other images than {ids[0]}.", "Stage the data set again.")
