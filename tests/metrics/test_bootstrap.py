from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ltk8s.metrics import Resampled, resampled_balanced, resampled_mean


def test_one_class_of_two_images_by_hand() -> None:
    # Drawing twice from {0, 1}: sums 0, 1, 2 with chances 1/4, 1/2, 1/4.
    found = resampled_mean(np.array([0, 1]), np.array([0, 0]))
    assert found.values == pytest.approx([0, 0.5, 1])
    assert found.probabilities == pytest.approx([0.25, 0.5, 0.25])


def test_two_classes_by_counting_every_resample() -> None:
    scores, labels = np.array([-1, 0, 1, 1, 0]), np.array([0, 0, 1, 1, 1])
    drawn = [(sum(a) + sum(b)) / 5 for a in product([-1, 0], repeat=2) for b in product([1, 1, 0], repeat=3)]
    found = resampled_mean(scores, labels)
    for value, probability in zip(found.values, found.probabilities, strict=True):
        assert probability == pytest.approx(sum(math.isclose(value, each, abs_tol=1e-9) for each in drawn) / len(drawn))


def test_the_interval_is_that_of_resampling_images_within_classes() -> None:
    random = np.random.default_rng(7)
    labels = np.repeat(np.arange(5), 40)
    scores = random.choice([-1, 0, 1], size=200, p=[0.1, 0.6, 0.3])
    drawn = np.concatenate([40 * c + random.integers(0, 40, size=(4000, 40)) for c in range(5)], axis=1)
    naive = np.quantile(scores[drawn].mean(axis=1), [0.025, 0.975])
    assert resampled_mean(scores, labels).interval() == pytest.approx(tuple(naive), abs=0.006)


def test_unequal_classes_are_drawn_and_weigh_alike() -> None:
    random = np.random.default_rng(3)
    labels = np.repeat([0, 1], [400, 100])
    scores = np.concatenate([random.random(400) < 0.8, random.random(100) < 0.3]).astype(np.int64)
    p = scores[:400].mean(), scores[400:].mean()
    error = np.sqrt(p[0] * (1 - p[0]) / 400 + p[1] * (1 - p[1]) / 100) / 2
    expected = (np.mean(p) - 1.96 * error, np.mean(p) + 1.96 * error)
    assert resampled_balanced(scores, labels).interval() == pytest.approx(expected, abs=0.005)


def test_strata_take_out_what_differs_between_classes() -> None:
    # One class always gains and one always loses: within classes nothing varies.
    labels = np.repeat([0, 1], 50)
    low, high = resampled_mean(np.where(labels == 0, 1, -1), labels).interval()
    assert (low, high) == pytest.approx((0, 0), abs=1e-12)


def test_scores_summed_over_seeds_have_their_unit() -> None:
    found = resampled_mean(np.tile([0, 1, 2], 30), np.repeat([0, 1, 2], 30), unit=1 / 3)
    low, high = found.interval()
    assert low < 1 / 3 < high
    assert float(found.values @ found.probabilities) == pytest.approx(1 / 3)


def test_p_counts_the_smaller_tail_twice() -> None:
    values, quarters = np.array([-1.0, 2.0, 3.0, 4.0]), np.full(4, 0.25)
    assert Resampled(values, quarters).p() == pytest.approx(0.5)
    assert Resampled(values - 2, quarters).p() == 1.0  # half of it is at 0 or below, three quarters at 0 or above


def test_p_is_never_below_what_so_many_draws_can_show() -> None:
    labels = np.repeat([0, 1], [30, 20])
    assert resampled_balanced(np.ones(50, dtype=np.int64), labels, draws=999).p() == pytest.approx(2 / 1000)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=60), st.integers(1, 4))
def test_the_mean_is_kept_and_the_chances_sum_to_one(scores: list[int], classes: int) -> None:
    found = resampled_mean(np.array(scores), np.arange(len(scores)) % classes, unit=1 / 3)
    assert found.probabilities.sum() == pytest.approx(1)
    assert float(found.values @ found.probabilities) == pytest.approx(np.mean(scores) / 3, abs=1e-9)


def test_no_image_is_an_error() -> None:
    nothing = np.array([], dtype=np.int64)
    with pytest.raises(ValueError, match="no image"):
        resampled_mean(nothing, nothing)
