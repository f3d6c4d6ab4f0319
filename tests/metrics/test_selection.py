"""Choosing among a sweep's points, against cases worked out by hand."""

import math

import numpy as np
import pytest

from ltk8s.metrics.selection import balanced_standard_error, choose
from ltk8s.spec.ranking import Point


def point(label: str, balanced: float, *, error: float = 0.01, compute: float = 1.0, default: bool = False) -> Point:
    return Point(
        label=label,
        settings={},
        default=default,
        members=("a",),
        networks=("net",),
        n=100,
        correct=50,
        accuracy=0.5,
        balanced_accuracy=balanced,
        standard_error=error,
        groups={},
        per_class={},
        parameters=1,
        device_seconds=1.0,
        compute=compute,
    )


def test_the_default_wins_within_one_standard_error_though_another_is_cheaper() -> None:
    points = [point("best", 0.600), point("cheap", 0.595, compute=0.1), point("base", 0.591, default=True)]
    choice = choose(points)
    assert (choice.best, choice.chosen) == (0, 2)
    assert choice.reason == (
        "The default is within one standard error of the best (best), 0.90 points below it (one is 1.00 points)."
    )


def test_beyond_one_standard_error_the_default_loses_to_the_cheapest_that_is_near() -> None:
    points = [point("base", 0.58, default=True), point("dear", 0.600, compute=9), point("cheap", 0.592, compute=3)]
    choice = choose(points)
    assert (choice.best, choice.chosen) == (1, 2)
    assert choice.reason == (
        "cheap is the cheapest of 2 points within one standard error of the best (dear), 0.80 points below it "
        "(one is 1.00 points)."
    )


def test_it_is_the_best_ones_standard_error_that_counts() -> None:
    near = point("near", 0.59, error=0.0001, compute=0.5)
    assert choose([point("best", 0.6, error=0.02), near]).chosen == 1
    assert choose([point("best", 0.6, error=0.005), near]).chosen == 0


def test_of_equally_cheap_points_the_better_wins_then_the_earlier() -> None:
    assert choose([point("a", 0.595), point("b", 0.6), point("c", 0.6)]).chosen == 1
    assert choose([point("a", 0.6), point("b", 0.6)]).reason == (
        "a has the highest out-of-fold balanced accuracy, and nothing within one standard error of it is cheaper."
    )


def test_a_clear_winner_is_said_to_be_one() -> None:
    choice = choose([point("base", 0.5, default=True), point("better", 0.6)])
    assert (choice.chosen, choice.reason) == (1, "better is best by more than one standard error (one is 1.00 points).")
    assert choose([point("base", 0.6, default=True), point("worse", 0.5)]).reason == (
        "The default has the highest out-of-fold balanced accuracy."
    )


def test_there_must_be_something_to_choose_from() -> None:
    with pytest.raises(ValueError, match="no point"):
        choose([])


def test_the_standard_error_adds_up_the_classes_variances() -> None:
    # Class 0: 8 of 10, class 1: 1 of 4, class 2 has no image: √(.16/9 + .1875/3) / 2 classes.
    expected = math.sqrt(0.16 / 9 + 0.1875 / 3) / 2
    assert balanced_standard_error(np.array([8, 1, 0]), np.array([10, 4, 0])) == pytest.approx(expected)


def test_the_standard_error_is_that_of_repeated_samples() -> None:
    rng = np.random.default_rng(0)
    p, n = np.array([0.9, 0.6, 0.3]), np.array([200, 50, 10])
    draws = rng.binomial(n, p, size=(20_000, 3))
    spread = (draws / n).mean(axis=1).std()
    estimates = [balanced_standard_error(row, n) ** 2 for row in draws[:2000]]
    assert math.sqrt(np.mean(estimates)) == pytest.approx(spread, rel=0.02)


def test_a_class_with_one_image_counts_with_the_largest_variance() -> None:
    assert balanced_standard_error(np.array([1]), np.array([1])) == 0.5
