"""Artificial balancing and balanced bagging, as pure functions from labels, a threshold and a seed to indices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ltk8s.data.split import Indices, shuffled


def balanced(labels: NDArray[np.int64], classes: int, threshold: int, seed: int) -> Indices:
    """Return indices, sorted, in which every class with an image occurs exactly ``threshold`` times.

    Above the threshold a random part without replacement is drawn, once by seed; below it come whole copies and a random
    remainder. rate = threshold / n_c.
    """
    return np.sort(
        np.concatenate(
            [repeated(np.flatnonzero(labels == c), threshold, seed, c) for c in range(classes) if np.any(labels == c)]
        )
    )


def repeated(members: NDArray[np.int64], size: int, seed: int, key: int) -> Indices:
    """``size`` of ``members``: whole copies, and a random part without replacement for the rest."""
    copies, rest = divmod(size, len(members))
    return np.concatenate([np.tile(members, copies), shuffled(members, "balance", seed, key)[:rest]]).astype(np.int64)


def majority(counts: Sequence[int]) -> tuple[int, ...]:
    """The classes above the median count, in label order; all others are the minority."""
    median = float(np.median(counts))
    return tuple(c for c, n in enumerate(counts) if n > median)


def bag_count(counts: Sequence[int], threshold: int) -> tuple[int, int]:
    """Return how many bags there are, n_max // threshold capped at the smallest majority class, and how many there would be
    without the cap. (0, …) where no class is above the median.
    """
    wanted = max(counts) // threshold
    large = majority(counts)
    return min([wanted, *(counts[c] for c in large)]) if large else 0, wanted


def bags(labels: NDArray[np.int64], classes: int, count: int, seed: int) -> list[Indices]:
    """Return ``count`` sorted index arrays: all minority images in each, each majority image in exactly one.

    Majority images are shuffled by class and dealt round-robin from a rotating bag, so that none is dropped and no two bags
    differ by more than one image of a class.
    """
    large = set(majority(np.bincount(labels, minlength=classes).tolist()))
    minority = np.flatnonzero(~np.isin(labels, list(large)))
    dealt: list[list[Indices]] = [[minority] for _ in range(count)]
    start = 0
    for c in sorted(large):
        members = shuffled(np.flatnonzero(labels == c), "bag", seed, c)
        for bag in range(count):
            dealt[(start + bag) % count].append(members[bag::count])
        start = (start + len(members)) % count
    return [np.sort(np.concatenate(parts)).astype(np.int64) for parts in dealt]


def bag_counts(counts: Sequence[int], count: int) -> list[tuple[int, ...]]:
    """The class counts of each of ``count`` bags, from the class counts alone (what ``bags`` deals)."""
    large = set(majority(counts))
    held = [[0 if c in large else n for c, n in enumerate(counts)] for _ in range(count)]
    start = 0
    for c in sorted(large):
        for bag in range(count):
            held[(start + bag) % count][c] = len(range(bag, counts[c], count))
        start = (start + counts[c]) % count
    return [tuple(row) for row in held]
