"""Two predictors on the same images: by how much one is better, and whether that is more than chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ltk8s.metrics.bootstrap import mean_over_classes, resampled_balanced, resampled_mean
from ltk8s.metrics.intervals import DRAWS

Bools = NDArray[np.bool_]
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Paired:
    """How ``a`` compares with ``b``; differences are a − b, as fractions (0.01 is a point), intervals at 95 %.

    ``gained`` images only a has right, ``lost`` only b. ``p`` is the exact McNemar test's,
    ``balanced_p`` the bootstrap's for the balanced difference; both two-sided. ``smallest`` is the smallest difference that
    these images can show, ``balanced_smallest`` that in balanced accuracy.
    """

    n: int
    gained: int
    lost: int
    difference: float
    interval: tuple[float, float]
    balanced_difference: float
    balanced_interval: tuple[float, float]
    p: float
    balanced_p: float
    smallest: float
    balanced_smallest: float

    @property
    def discordant(self) -> float:
        """The share of images on which exactly one of the two is right."""
        return (self.gained + self.lost) / self.n


def paired(correct_a: Bools, correct_b: Bools, labels: Labels, *, draws: int = DRAWS, seed: int = 0) -> Paired:
    """Compare two predictors, image by image; all arguments of shape N.

    Raises:
        ValueError: if the shapes differ or there is no image.
    """
    if not correct_a.shape == correct_b.shape == labels.shape or len(labels) == 0:
        raise ValueError(f"need the same images for both: {correct_a.shape}, {correct_b.shape}, {labels.shape}")
    gained = int((correct_a & ~correct_b).sum())
    lost = int((correct_b & ~correct_a).sum())
    change = correct_a.astype(np.int64) - correct_b
    over_images = resampled_mean(change, labels)
    over_classes = resampled_balanced(change, labels, draws=draws, seed=seed)
    return Paired(
        n=len(labels),
        gained=gained,
        lost=lost,
        difference=(gained - lost) / len(labels),
        interval=over_images.interval(),
        balanced_difference=mean_over_classes(change, labels),
        balanced_interval=over_classes.interval(),
        p=mcnemar(gained, lost),
        balanced_p=max(over_classes.p(), least_p(gained + lost)),
        smallest=smallest_difference(1, spread_of(change.astype(np.float64), labels, balanced=False)),
        balanced_smallest=smallest_difference(1, spread_of(change.astype(np.float64), labels, balanced=True)),
    )


def mcnemar(gained: int, lost: int) -> float:
    """Two-sided p of the exact McNemar test: of gained + lost coins, are as many heads as this more than chance?"""
    from scipy.special import bdtr  # scipy.stats.binomtest says the same, but takes a second to import

    return min(1.0, 2 * float(bdtr(min(gained, lost), gained + lost, 0.5)))


def least_p(discordant: int) -> float:
    """The smallest two-sided p that so many images can give on which two predictors differ: that of all for one of them, 2/2^m.

    >>> least_p(0), least_p(1), least_p(6)
    (1.0, 1.0, 0.03125)
    """
    return min(1.0, 2.0 ** (1 - discordant))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for testing all of them at once (Holm 1979), in the order given.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def holm_levels(p_values: Sequence[float], alpha: float = 0.05) -> list[float]:
    """Return the confidence level at which Holm's method tests each: 1 − α/m for the smallest p of m, …, 1 − α for the largest.

    >>> [round(level, 4) for level in holm_levels([0.01, 0.04, 0.03])]
    [0.9833, 0.95, 0.975]
    """
    levels = [0.0] * len(p_values)
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        levels[index] = 1 - alpha / (len(p_values) - rank)
    return levels


def spread_of(change: NDArray[np.float64], labels: Labels, *, balanced: bool) -> float:
    """The variance of a mean difference in correctness if there were none: over images Σ_i d_i² / N², over classes
    Σ_c (mean of d² in c) / n_c / C².

    Args:
        change: each image's difference d in −1 … 1, N.
        labels: the images' classes, N.
    """
    squares = change**2
    if not balanced:
        return float(squares.mean()) / len(labels)
    n = np.bincount(labels)
    sums = np.bincount(labels, weights=squares)
    has = n > 0
    return float((sums[has] / n[has] ** 2).sum()) / int(has.sum()) ** 2


def smallest_difference(n: float, discordant: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The smallest difference in accuracy that ``n`` paired images can show: (z_{1−α/2} + z_{power}) · √(discordant / n).

    ``discordant`` is the share of images on which exactly one of two predictors is right. This is Connor's (1987) sample size
    for McNemar's test solved for the difference, whose square is left out beside the discordant share. For balanced accuracy
    ``n`` is C² / Σ_c 1/n_c: as many images as would show as much if each counted the same.

    >>> round(smallest_difference(5000, 0.2), 3)
    0.018
    """
    z = NormalDist().inv_cdf
    return (z(1 - alpha / 2) + z(power)) * math.sqrt(discordant / n)
