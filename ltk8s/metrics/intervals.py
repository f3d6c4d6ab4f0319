"""Intervals for one predictor's accuracy."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]

DRAWS = 10_000


def wilson(correct: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval for a proportion (Wilson 1927); (0, 1) where there is no image.

    >>> low, high = wilson(81, 263)  # Newcombe 1998, table I, method 3
    >>> round(low, 4), round(high, 4)
    (0.2553, 0.3662)
    """
    if n == 0:
        return 0.0, 1.0
    z2 = NormalDist().inv_cdf((1 + confidence) / 2) ** 2
    p = correct / n
    centre = p + z2 / (2 * n)
    half = math.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n)))
    low, high = (centre - half) / (1 + z2 / n), (centre + half) / (1 + z2 / n)
    # At 0 and at n the interval ends there exactly; floating point would miss by an ulp.
    return (0.0 if correct == 0 else low), (1.0 if correct == n else high)


def balanced_accuracy(correct: Counts, n: Counts) -> float:
    """Mean of the classes' accuracies, over the classes that have an image."""
    has = n > 0
    return float((correct[has] / n[has]).mean())


def balanced_accuracy_interval(
    correct: Counts, n: Counts, confidence: float = 0.95, draws: int = DRAWS, seed: int = 0
) -> tuple[float, float]:
    """Percentile bootstrap interval, stratified by class, of the balanced accuracy.

    Drawing n_c images of a class with replacement makes Binomial(n_c, correct_c / n_c) of them right, so that is what is
    drawn: the same distribution as resampling images, without touching them. It is scaled by √(n_c/(n_c − 1)), since n_c images
    show only so much of the variance, and a class with one image is taken to vary as a class of average accuracy.
    """
    rng = np.random.default_rng(seed)
    centre = balanced_accuracy(correct, n)
    tested = [(right, total) for right, total in zip(correct.tolist(), n.tolist(), strict=True) if total]
    means = np.full(draws, centre)
    for right, total in tested:
        p = centre if total == 1 else right / total
        scale = 1.0 if total == 1 else math.sqrt(total / (total - 1))
        means += scale * (rng.binomial(total, p, size=draws) / total - p) / len(tested)
    low, high = percentile_interval(means, confidence)
    return max(0.0, low), min(1.0, high)


def percentile_interval(drawn: NDArray[np.float64], confidence: float = 0.95) -> tuple[float, float]:
    """The middle ``confidence`` of bootstrap draws."""
    low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
