"""Exact counts of what is right and what is taken for what: by class, and by how many training images a class has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]
Counts = NDArray[np.int64]

GROUPS = ("many", "medium", "few")


def group_of(train_count: int) -> str:
    """The group of a class by its training images: many (> 100), medium (20 to 100), few (< 20); Liu et al. 2019, OLTR.

    >>> [group_of(n) for n in (101, 100, 20, 19)]
    ['many', 'medium', 'medium', 'few']
    """
    return "many" if train_count > 100 else "medium" if train_count >= 20 else "few"


def accuracy_by_class(predicted: Labels, labels: Labels, classes: int) -> tuple[Counts, Counts]:
    """Return how many images of each class are right, and how many there are: two int64 arrays of shape C."""
    right = np.bincount(labels[predicted == labels], minlength=classes)
    return right.astype(np.int64), np.bincount(labels, minlength=classes).astype(np.int64)


def grouped(correct: Counts, n: Counts, train_counts: Sequence[int]) -> dict[str, dict[str, int]]:
    """Return classes, images and correct images of each group. A group without a class is there, with zeros."""
    groups = {name: {"classes": 0, "n": 0, "correct": 0} for name in GROUPS}
    for right, total, images in zip(correct, n, train_counts, strict=True):
        group = groups[group_of(images)]
        group["classes"] += 1
        group["n"] += int(total)
        group["correct"] += int(right)
    return groups


def confusions(predicted: Labels, labels: Labels, classes: Sequence[str] | int, worst: int = 10) -> list[dict[str, Any]]:
    """Return the most frequent mistakes, at most ``worst``: ``{"label", "predicted", "count"}``, by falling count.

    Classes go by their names, or by their numbers where only how many there are is given.
    """
    names: Sequence[Any] = range(classes) if isinstance(classes, int) else classes
    matrix = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(matrix, (labels, predicted), 1)
    np.fill_diagonal(matrix, 0)
    order = np.argsort(-matrix, axis=None, kind="stable")[:worst]
    pairs = [divmod(int(flat), len(names)) for flat in order]
    return [{"label": names[a], "predicted": names[b], "count": int(matrix[a, b])} for a, b in pairs if matrix[a, b] > 0]
