"""Which images a learner trains on: split, then fold, then sampling. The one function between a task and its indices."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ltk8s.data.sampling import bags, balanced
from ltk8s.data.split import Indices, folds, long_tail

Sampling = tuple[Literal["all"]] | tuple[Literal["balanced"], int] | tuple[Literal["bag"], int, int]
"""All once · every class at a threshold · bag ``index`` of ``of``."""


def draw(
    labels: NDArray[np.int64],
    classes: int,
    *,
    ratio: float | None,
    split_seed: int,
    fold: tuple[int, int] | None = None,
    sampling: Sampling = ("all",),
    seed: int = 0,
    groups: NDArray[np.int64] | None = None,
) -> tuple[Indices, Indices]:
    """Return the indices to train on, with repetitions where the sampling asks for them, and those held out.

    Args:
        labels: the class of every training image of the data set, int64 of shape N.
        classes: how many classes there are.
        ratio: the smallest class over the largest; None keeps all images.
        split_seed: draws the tail and deals the folds, so that learners of any seed have the same ones.
        fold: ``(index, of)``: hold that fold out. Without it nothing is held out.
        sampling: what is drawn from the images that are left.
        seed: draws the sampling.
        groups: the group of every image, −1 for none: folds keep them together. (The tail is cut image by image: what of a
            group stays is still in one fold.)
    """
    kept = long_tail(labels, classes, ratio, split_seed)
    held_out = np.zeros(len(kept), dtype=bool)
    if fold is not None:
        index, of = fold
        held_out = folds(labels[kept], classes, of, split_seed, None if groups is None else groups[kept]) == index
    train = kept[~held_out]
    return train[_sample(labels[train], classes, sampling, seed)], kept[held_out]


def _sample(labels: NDArray[np.int64], classes: int, sampling: Sampling, seed: int) -> Indices:
    if sampling[0] == "balanced":
        return balanced(labels, classes, sampling[1], seed)
    if sampling[0] == "bag":
        _, index, of = sampling
        return bags(labels, classes, of, seed)[index]
    return np.arange(len(labels), dtype=np.int64)
