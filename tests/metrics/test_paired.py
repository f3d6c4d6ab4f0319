from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ltk8s.metrics import holm, holm_levels, mcnemar, paired, smallest_difference


def outcomes(both: int, gained: int, lost: int, neither: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    a = np.repeat([True, True, False, False], [both, gained, lost, neither])
    b = np.repeat([True, False, True, False], [both, gained, lost, neither])
    return a, b


@pytest.mark.parametrize(
    ("gained", "lost", "p"),
    [
        (5, 0, 2 / 32),  # all of five coins alike
        (3, 1, 2 * (4 + 1) / 16),  # P(at least 3 of 4), both sides
        (7, 1, 0.0703),  # Fagerland et al. 2013, airway hyper-responsiveness
        (16, 6, 0.0525),  # the same, complete response to treatment
        (4, 4, 1.0),
        (0, 0, 1.0),
    ],
)
def test_mcnemar_is_exact(gained: int, lost: int, p: float) -> None:
    assert mcnemar(gained, lost) == pytest.approx(p, rel=1e-3)


def test_paired_counts_what_only_one_has_right() -> None:
    a, b = outcomes(both=50, gained=8, lost=3, neither=39)
    result = paired(a, b, np.zeros(100, dtype=np.int64))
    assert (result.gained, result.lost, result.n) == (8, 3, 100)
    assert result.difference == pytest.approx(0.05)
    assert result.discordant == pytest.approx(0.11)
    assert result.p == mcnemar(8, 3)


def test_balanced_difference_weighs_classes_alike() -> None:
    a = np.array([True] * 9 + [True])
    b = np.array([True] * 9 + [False])
    labels = np.array([0] * 9 + [1])
    result = paired(a, b, labels)
    assert result.difference == pytest.approx(0.1)
    assert result.balanced_difference == pytest.approx(0.5)


def test_the_interval_has_the_width_of_the_normal_approximation() -> None:
    a, b = outcomes(both=3000, gained=700, lost=300, neither=1000)
    low, high = paired(a, b, np.zeros(5000, dtype=np.int64)).interval
    error = np.sqrt((0.2 - 0.08**2) / 5000)
    assert (low, high) == pytest.approx((0.08 - 1.96 * error, 0.08 + 1.96 * error), abs=1e-3)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 2**32 - 1))
def test_the_interval_holds_the_difference_and_follows_its_seed(gained: int, lost: int, seed: int) -> None:
    a, b = outcomes(10, gained, lost, 10)
    labels = np.arange(len(a), dtype=np.int64) % 3
    result = paired(a, b, labels, draws=500, seed=seed)
    assert result.interval[0] <= result.difference + 1e-12
    assert result.difference <= result.interval[1] + 1e-12
    assert result == paired(a, b, labels, draws=500, seed=seed)


def test_the_balanced_p_agrees_with_mcnemar_on_one_class() -> None:
    a, b = outcomes(both=300, gained=70, lost=48, neither=100)
    result = paired(a, b, np.zeros(518, dtype=np.int64))
    assert result.balanced_p == pytest.approx(result.p, abs=0.02)


def test_different_images_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="the same images"):
        paired(np.ones(3, dtype=bool), np.ones(4, dtype=bool), np.zeros(4, dtype=np.int64))


def test_five_thousand_images_show_1_8_points() -> None:
    assert smallest_difference(5000, 0.2) == pytest.approx(0.0177, abs=1e-4)


def test_four_times_the_images_show_half_the_difference() -> None:
    assert smallest_difference(20_000, 0.1) == pytest.approx(smallest_difference(5_000, 0.1) / 2)


def test_the_smallest_difference_is_found_four_times_in_five() -> None:
    n, discordant = 2000, 0.2
    difference = smallest_difference(n, discordant)
    shares = [(discordant + difference) / 2, (discordant - difference) / 2, 1 - discordant]
    drawn = np.random.default_rng(0).multinomial(n, shares, size=400)
    found = [mcnemar(int(gained), int(lost)) < 0.05 for gained, lost, _ in drawn]
    assert 0.74 < np.mean(found) < 0.86


def test_holm_multiplies_the_smallest_by_how_many_there_are() -> None:
    assert holm([0.04, 0.001]) == pytest.approx([0.04, 0.002])


def test_holm_keeps_the_order_of_the_p_values() -> None:
    assert holm([0.01, 0.011, 0.9]) == pytest.approx([0.03, 0.03, 0.9])


def test_holm_of_nothing_is_nothing() -> None:
    assert holm([]) == []


def test_holms_levels_are_those_at_which_each_p_is_tested() -> None:
    assert holm_levels([0.04, 0.001, 0.01]) == pytest.approx([0.95, 1 - 0.05 / 3, 1 - 0.05 / 2])


def test_holm_by_hand() -> None:
    # 4 · .01, 3 · .015, 2 · .028, 1 · .06
    assert holm([0.01, 0.015, 0.028, 0.06]) == pytest.approx([0.04, 0.045, 0.056, 0.06])
