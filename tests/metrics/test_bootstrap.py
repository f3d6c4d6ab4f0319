from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ltk8s.metrics import Resampled, is_real, over_seeds, resampled_balanced, resampled_mean


def test_one_class_of_two_images_by_hand() -> None:
    # Drawing twice from {0, 1}: sums 0, 1, 2 with chances 1/4, 1/2, 1/4.
    found = resampled_mean(np.array([0, 1]), np.array([0, 0]))
    assert found.values == pytest.approx([0, 0.5, 1])
    assert found.probabilities == pytest.approx([0.25, 0.5, 0.25])


def test_classes_with_few_images_are_one_stratum_by_counting_every_resample() -> None:
    scores, labels = np.array([-1, 0, 1, 1, 0]), np.array([0, 0, 1, 1, 1])
    drawn = [sum(each) / 5 for each in product(scores.tolist(), repeat=5)]
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


def test_a_single_image_joins_the_smallest_class_and_no_other() -> None:
    # 20 alike, 10 of which half are right, and 1: the stratum of 11 alone varies, its sum by √(11 · p(1 − p)).
    labels = np.repeat([0, 1, 2], [20, 10, 1])
    scores = np.array([1] * 20 + [0, 1] * 5 + [1])
    found = resampled_mean(scores, labels)
    spread = math.sqrt(float(found.values**2 @ found.probabilities) - float(found.values @ found.probabilities) ** 2)
    assert spread == pytest.approx(math.sqrt(11 * 6 / 11 * 5 / 11) / 31)


def test_what_few_images_hide_of_their_variance_is_made_up_for() -> None:
    # √(Σ_c p(1 − p)/(n − 1)) / C; the class with one image varies as an image of a class drawn at random.
    labels = np.repeat([0, 1, 2], [4, 2, 1])
    found = resampled_balanced(np.array([0, 1, 1, 1, 0, 1, 1]), labels, draws=200_000)
    typical = (0.75 + 0.5 + 1) / 3
    expected = math.sqrt(0.75 * 0.25 / 3 + 0.25 / 1 + typical * (1 - typical)) / 3
    assert float(found.values.mean()) == pytest.approx(typical, abs=0.002)
    assert float(found.values.std()) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("counts", [[60, 40, 25, 16, 10, 6, 4, 2, 2, 1, 1], [1] * 30, [2] * 30])
def test_equal_predictors_seem_to_differ_one_time_in_twenty_whatever_the_class_sizes(counts: list[int], seeds: int) -> None:
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(counts)), counts)
    real = 0
    for _ in range(100):
        chance = random.beta(1.2, 0.8, len(labels))
        a, b = (random.random((seeds, len(labels))) < chance for _ in "ab")
        over = over_seeds(a, b, labels, balanced=len(set(counts)) > 1)
        real += is_real(over.resampled.interval(), over.p, over.differences)
    assert real <= 12  # of 100; more than that have a chance of 1 in 1,000 at 5 %


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
    assert Resampled(values, quarters, 0.01).p() == pytest.approx(0.5)
    assert Resampled(values - 2, quarters, 0.01).p() == 1.0  # half of it is at 0 or below, three quarters at 0 or above


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


@pytest.mark.parametrize("seeds", [1, 9])
def test_no_p_is_smaller_than_what_the_transform_can_tell_from_0(seeds: int) -> None:
    """All but one of 5,000 images are better with every seed: the true p is nothing, and what is computed is rounding."""
    scores = np.full(5000, seeds)
    scores[17] = -seeds
    resampled = resampled_mean(scores, np.repeat(np.arange(50), 100), unit=1 / seeds)
    assert resampled.probabilities[resampled.values <= 0].sum() < resampled.smallest_tail
    assert resampled.p() == 2 * resampled.smallest_tail < 1e-9 * seeds
