"""Choosing among the points of a sweep: pooled out-of-fold balanced accuracy, and the one-standard-error rule.

A point is trained once per fold, each time without that fold, and predicts it: so every image of the training set is predicted
once by networks that never saw it, and these predictions are pooled. The best point is rarely better than its neighbours by
more than chance: within one standard error of it, what is there already or costs less wins (Breiman et al. 1984).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ltk8s.spec.ranking import Point, Ranking

__all__ = ["Choice", "Point", "Ranking", "balanced_standard_error", "choose"]

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Choice:
    """Indices of the best and of the chosen candidate, and why in one sentence."""

    best: int
    chosen: int
    reason: str


def choose(points: Sequence[Point]) -> Choice:
    """Choose among points by the one-standard-error rule.

    Of the points whose balanced accuracy is within one standard error (the best one's) of the best, the default wins; where it
    is not among them, the one that costs least in compute, and of equally cheap ones the better, then the earlier.

    Raises:
        ValueError: if there is no point.
    """
    if not points:
        raise ValueError("there is no point to choose from")
    best = max(range(len(points)), key=lambda i: (points[i].balanced_accuracy, -i))
    bound = points[best].balanced_accuracy - points[best].standard_error
    near = [i for i, point in enumerate(points) if point.balanced_accuracy >= bound]
    default = next((i for i in near if points[i].default), None)
    if default is not None:
        return Choice(best, default, _why_default(points, best, default))
    chosen = min(near, key=lambda i: (points[i].compute, -points[i].balanced_accuracy, i))
    return Choice(best, chosen, _why_cheapest(points, best, chosen, len(near)))


def _why_default(points: Sequence[Point], best: int, default: int) -> str:
    if best == default:
        return "The default has the highest out-of-fold balanced accuracy."
    return f"The default is within one standard error of the best ({points[best].label}), {_gap(points, best, default)}."


def _why_cheapest(points: Sequence[Point], best: int, chosen: int, near: int) -> str:
    name = points[chosen].label
    if near == 1:
        return f"{name} is best by more than one standard error ({_error(points[best])})."
    if best == chosen:
        return f"{name} has the highest out-of-fold balanced accuracy, and nothing within one standard error of it is cheaper."
    return (
        f"{name} is the cheapest of {near} points within one standard error of the best ({points[best].label}), "
        f"{_gap(points, best, chosen)}."
    )


def _gap(points: Sequence[Point], best: int, other: int) -> str:
    """The distance in points of a percent, beside the standard error that it is measured by."""
    gap = 100 * (points[best].balanced_accuracy - points[other].balanced_accuracy)
    return f"{gap:.2f} points below it ({_error(points[best])})"


def _error(point: Point) -> str:
    return f"one is {100 * point.standard_error:.2f} points"


def balanced_standard_error(correct: Counts, n: Counts) -> float:
    """Standard error of the balanced accuracy of classes with ``correct`` of ``n`` images each, both of shape C.

    √(Σ_c p_c(1−p_c)/(n_c−1)) / C over the C classes that have an image: the classes are strata, so the variances of their means
    add up. A class with one image says nothing of its variance, and counts with the largest that there is, ¼.

    >>> balanced_standard_error(np.array([5, 1]), np.array([10, 2]))  # √(.25/9 + .25/1) / 2
    0.26352313834736496
    """
    has = n > 0
    p = correct[has] / n[has]
    variances = np.where(n[has] > 1, p * (1 - p) / np.maximum(n[has] - 1, 1), 0.25)
    return math.sqrt(float(variances.sum())) / int(has.sum())
