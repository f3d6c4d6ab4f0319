"""The long-tailed split and its folds, as pure functions from labels and a seed to indices."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


def tail_counts(counts: Sequence[int], ratio: float | None) -> tuple[int, ...]:
    """How many images each class keeps: n_i = int(n_max · ratio^(i/(C−1))) in label order (Cao et al. 2019, LDAM-DRW).

    A class that has fewer keeps what it has. ``ratio`` None keeps all.

    >>> tail_counts([500, 500, 500], 0.01)
    (500, 50, 5)
    """
    if ratio is None or len(counts) < 2:
        return tuple(int(n) for n in counts)
    largest, last = max(counts), len(counts) - 1
    return tuple(min(int(n), int(largest * ratio ** (i / last))) for i, n in enumerate(counts))


def long_tail(labels: NDArray[np.int64], classes: int, ratio: float | None, seed: int) -> Indices:
    """Return the sorted indices of the images that stay, N of them, int64.

    Each class is shuffled once by (seed, class), so a smaller ratio keeps a subset of what a larger one keeps.
    """
    if ratio is None:
        return np.arange(len(labels), dtype=np.int64)
    keep = tail_counts(np.bincount(labels, minlength=classes).tolist(), ratio)
    chosen = [shuffled(np.flatnonzero(labels == c), "split", seed, c)[: keep[c]] for c in range(classes)]
    return np.sort(np.concatenate(chosen))


def folds(
    labels: NDArray[np.int64], classes: int, k: int, seed: int, groups: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """Return each image's fold, 0 to k−1, int64 of shape N; −1 for the only image of a class, which is always trained on.

    Each class is shuffled and dealt round-robin; the deal goes on from class to class so that folds have like sizes.

    Args:
        groups: the group of each image, −1 for none, N. A group is dealt whole, to the fold that its first image gets; where a
            class would be left with nothing to train on, its groups are always trained on.
    """
    if groups is not None and (groups >= 0).any():
        return _grouped_folds(labels, classes, k, seed, groups)
    fold = np.full(len(labels), -1, dtype=np.int64)
    start = 0
    for c in range(classes):
        members = shuffled(np.flatnonzero(labels == c), "fold", seed, c)
        if len(members) > 1:
            fold[members] = (np.arange(len(members)) + start) % k
            start += len(members)
    return fold


def _grouped_folds(labels: NDArray[np.int64], classes: int, k: int, seed: int, groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Deal groups, an image without one being a group by itself, class by class as images are dealt."""
    alone = groups < 0
    unit = np.where(alone, np.arange(len(labels)) + groups.max() + 1, groups)
    fold_of: dict[int, int] = {}
    start = 0
    for c in range(classes):
        own = shuffled(np.unique(unit[labels == c]), "fold", seed, c)
        new = [each for each in own.tolist() if each not in fold_of]
        fold_of |= {each: (place + start) % k for place, each in enumerate(new)}
        start += len(new)
    fold = np.array([fold_of[each] for each in unit.tolist()], dtype=np.int64)
    for c in range(classes):
        if len(set(fold[labels == c].tolist())) == 1:
            fold[np.isin(unit, unit[labels == c])] = -1
    return fold


def counts_without(counts: Sequence[int], index: int, k: int) -> tuple[int, ...]:
    """How many images of each class are left to train on without fold ``index`` of ``k``, from the class counts alone.

    Where images have groups it is about so many.

    >>> [counts_without([5, 2, 1], fold, 3) for fold in range(3)]
    [(3, 1, 1), (3, 2, 1), (4, 1, 1)]
    """
    left, start = [], 0
    for n in counts:
        held_out = len(range((index - start) % k, n, k)) if n > 1 else 0
        left.append(n - held_out)
        start += n if n > 1 else 0
    return tuple(left)


def indices_digest(indices: Indices) -> str:
    """SHA-256 (hex) of indices as little-endian int64: two splits are equal exactly if their digests are."""
    return hashlib.sha256(np.ascontiguousarray(indices, dtype="<i8").tobytes()).hexdigest()


def shuffled(members: NDArray[np.int64], *key: str | int) -> Indices:
    """``members`` in an order that is a pure function of the key, whatever the version of numpy.

    numpy promises that its bit generators stay as they are, but not how it shuffles with them: so bits are sorted here.
    """
    return members[np.argsort(_bits(key).random_raw(len(members)), kind="stable")].astype(np.int64)


def generator(*key: str | int) -> np.random.Generator:
    """A random generator that is a pure function of its key."""
    return np.random.Generator(_bits(key))


def _bits(key: tuple[str | int, ...]) -> np.random.PCG64:
    seed = hashlib.sha256("/".join(str(part) for part in key).encode()).digest()
    return np.random.PCG64(int.from_bytes(seed[:16], "little"))
