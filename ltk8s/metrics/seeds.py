"""Two predictors that were each trained several times: by how much one is better, over images and over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

import numpy as np
from numpy.typing import NDArray

from ltk8s.metrics.bootstrap import Resampled, mean_over_classes, resampled_balanced, resampled_mean
from ltk8s.metrics.paired import least_p, mcnemar, smallest_difference, spread_of

Bools = NDArray[np.bool_]
Labels = NDArray[np.int64]

SEEDS_FOR_T = 3
"""Fewer differences say nothing of their spread."""


@dataclass(frozen=True, slots=True, eq=False)
class OverSeeds:
    """How ``a`` compares with ``b`` over S seeds; differences are a − b as fractions, of the leading measure.

    ``differences`` has each seed's, ``difference`` their mean, ``resampled`` its bootstrap distribution over images,
    ``t_interval`` Student's over seeds (None below three). ``p`` is the exact McNemar test's with one seed and
    accuracy leading, else the bootstrap's. ``smallest`` is the smallest difference that so many images can show.
    """

    n: int
    differences: tuple[float, ...]
    difference: float
    resampled: Resampled
    t_interval: tuple[float, float] | None
    p: float
    smallest: float


def over_seeds(correct_a: Bools, correct_b: Bools, labels: Labels, *, balanced: bool = False) -> OverSeeds:
    """Compare two predictors on the same images, each seed of the one with the same seed of the other.

    Per image, the difference in correctness is averaged over seeds; images are resampled within their class.

    Args:
        correct_a: whether a is right: S×N.
        correct_b: the same of b, S×N, seed by seed.
        labels: the images' classes, N.
        balanced: compare balanced accuracies, not accuracies.

    Raises:
        ValueError: if the shapes differ, or there is no seed or no image.
    """
    if correct_a.shape != correct_b.shape or correct_a.shape[1:] != labels.shape or correct_a.size == 0:
        raise ValueError(f"need the same seeds and images for both: {correct_a.shape}, {correct_b.shape}, {labels.shape}")
    change = correct_a.astype(np.int64) - correct_b
    seeds = len(change)
    summed = change.sum(axis=0)
    resampled = (resampled_balanced if balanced else resampled_mean)(summed, labels, unit=1 / seeds)
    differences = tuple(mean_over_classes(each, labels) if balanced else float(each.mean()) for each in change)
    exact = seeds == 1 and not balanced
    return OverSeeds(
        n=len(labels),
        differences=differences,
        difference=fmean(differences),
        resampled=resampled,
        t_interval=t_interval(differences),
        p=mcnemar(int((change > 0).sum()), int((change < 0).sum()))
        if exact
        else max(resampled.p(), least_p(int((summed != 0).sum()))),
        smallest=smallest_difference(1, spread_of(summed / seeds, labels, balanced=balanced)),
    )


def t_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float] | None:
    """Student's interval for the mean of ``values``: mean ± t · s/√n; None below three of them.

    >>> low, high = t_interval([1.0, 2.0, 3.0])  # t = 4.303 with two degrees of freedom
    >>> round(low, 3), round(high, 3)
    (-0.484, 4.484)
    """
    if len(values) < SEEDS_FOR_T:
        return None
    from scipy.special import stdtrit  # what scipy.stats.t.ppf calls; scipy.stats takes a second to import

    half = float(stdtrit(len(values) - 1, (1 + confidence) / 2)) * stdev(values) / len(values) ** 0.5
    return fmean(values) - half, fmean(values) + half


def agree(differences: Sequence[float]) -> bool:
    """Whether every difference has the same sign, and none is 0."""
    return all(each > 0 for each in differences) or all(each < 0 for each in differences)


def is_real(corrected: tuple[float, float], p_holm: float, differences: Sequence[float], alpha: float = 0.05) -> bool:
    """Whether a difference is *real*: its interval after correction is clear of 0, p_holm is too small for chance, and every
    seed agrees.

    >>> is_real((0.01, 0.05), 0.01, [0.02, 0.04]), is_real((0.01, 0.05), 0.01, [0.06, -0.01])
    (True, False)
    """
    clear = corrected[0] > 0 or corrected[1] < 0
    return clear and p_holm < alpha and agree(differences)
