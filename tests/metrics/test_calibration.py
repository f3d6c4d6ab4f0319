from __future__ import annotations

import math

import numpy as np
import pytest

from ltk8s.metrics import brier, ece, nll, reliability

HALVES = np.array([[0.5, 0.5], [0.25, 0.75]])
LABELS = np.array([0, 0])


def test_nll_is_the_mean_log_of_the_true_class() -> None:
    assert nll(HALVES, LABELS) == pytest.approx((math.log(2) + math.log(4)) / 2)


def test_nll_stays_finite_where_a_probability_was_rounded_to_zero() -> None:
    assert nll(np.array([[0.0, 1.0]]), np.array([0])) == pytest.approx(-math.log(1e-30))


def test_brier_sums_over_classes() -> None:
    # (0.25 + 0.25) for the first image, (0.5625 + 0.5625) for the second.
    assert brier(HALVES, LABELS) == pytest.approx((0.5 + 1.125) / 2)


def test_brier_is_two_for_a_certain_mistake() -> None:
    assert brier(np.array([[0.0, 1.0]]), np.array([0])) == pytest.approx(2.0)


def test_brier_leaves_its_argument_alone() -> None:
    before = HALVES.copy()
    brier(HALVES, LABELS)
    assert (before == HALVES).all()


def test_ece_by_hand() -> None:
    # Two bins of fifteen are used: .62 twice (one of two right) and .95 twice (both right).
    top = np.array([0.62, 0.62, 0.95, 0.95])
    probabilities = np.stack([top, 1 - top], axis=1)
    expected = (2 * abs(0.5 - 0.62) + 2 * abs(1.0 - 0.95)) / 4
    assert ece(probabilities, np.array([0, 1, 0, 0])) == pytest.approx(expected)


def test_ece_puts_a_bound_into_the_bin_below_it() -> None:
    # With two bins, .5 belongs to (0, .5] and 1.0 to (.5, 1].
    probabilities = np.array([[0.5, 0.5], [1.0, 0.0]])
    assert ece(probabilities, np.array([0, 1]), bins=2) == pytest.approx((0.5 + 1.0) / 2)


def test_ece_is_zero_where_confidence_is_accuracy() -> None:
    probabilities = np.array([[0.75, 0.25]] * 4)
    assert ece(probabilities, np.array([0, 0, 0, 1])) == pytest.approx(0.0)


def test_reliability_bins_by_hand() -> None:
    bins = reliability(np.array([0.62, 0.66, 0.95, 1.0]), np.array([True, False, True, True]), bins=10)
    used = {(b.low, b.high): (b.n, b.confidence, b.accuracy) for b in bins if b.n}
    assert used == {
        (0.6, 0.7): (2, pytest.approx(0.64), 0.5),
        (0.9, 1.0): (2, pytest.approx(0.975), 1.0),
    }
    assert (bins[0].confidence, bins[0].accuracy) == (None, None)


def test_the_gaps_of_the_bins_sum_to_the_ece() -> None:
    random = np.random.default_rng(1)
    probabilities = random.dirichlet(np.ones(5), size=300)
    labels = random.integers(0, 5, size=300)
    bins = reliability(probabilities.max(axis=1), probabilities.argmax(axis=1) == labels)
    gaps = sum(b.n * abs(b.accuracy - b.confidence) for b in bins if b.accuracy is not None and b.confidence is not None)
    assert len(bins) == 15
    assert gaps / 300 == pytest.approx(ece(probabilities, labels))
