from __future__ import annotations

import numpy as np
import pytest

from ltk8s.metrics import balanced_accuracy, balanced_accuracy_interval, wilson


@pytest.mark.parametrize(
    ("correct", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_intervals(correct: int, n: int, low: float, high: float) -> None:
    """Newcombe 1998, Statistics in Medicine 17, table I, method 3."""
    assert wilson(correct, n) == pytest.approx((low, high), abs=5e-5)


def test_wilson_mirrors_right_and_wrong() -> None:
    low, high = wilson(7, 30)
    assert wilson(23, 30) == pytest.approx((1 - high, 1 - low))


def test_wilson_reaches_one_where_all_are_right() -> None:
    assert wilson(20, 20)[1] == 1.0


def test_wilson_knows_nothing_without_images() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_balanced_accuracy_weighs_classes_alike() -> None:
    assert balanced_accuracy(np.array([9, 0]), np.array([10, 1])) == pytest.approx(0.45)


def test_balanced_accuracy_leaves_out_classes_without_images() -> None:
    assert balanced_accuracy(np.array([9, 0]), np.array([10, 0])) == pytest.approx(0.9)


def test_the_balanced_interval_has_the_width_of_the_normal_approximation() -> None:
    correct, n = np.array([300, 100]), np.array([400, 400])
    error = np.sqrt((0.75 * 0.25 / 400 + 0.25 * 0.75 / 400) / 4)
    low, high = balanced_accuracy_interval(correct, n)
    assert (low, high) == pytest.approx((0.5 - 1.96 * error, 0.5 + 1.96 * error), abs=0.002)


def test_the_balanced_interval_is_the_same_each_time() -> None:
    counts = np.array([30, 5]), np.array([40, 10])
    assert balanced_accuracy_interval(*counts) == balanced_accuracy_interval(*counts)
    assert balanced_accuracy_interval(*counts, seed=1) != balanced_accuracy_interval(*counts)
