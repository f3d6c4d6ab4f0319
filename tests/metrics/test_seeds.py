from __future__ import annotations

import numpy as np
import pytest

from ltk8s.metrics import agree, is_real, mcnemar, over_seeds, t_interval

LABELS = np.repeat([0, 1], 50)


def right(first: int, second: int) -> list[bool]:
    """The first images of each of the two classes."""
    return [i % 50 < (first if i < 50 else second) for i in range(100)]


def test_each_seed_is_compared_with_its_own() -> None:
    a = np.array([right(40, 20), right(42, 20), right(44, 24)])
    b = np.array([right(40, 10), right(40, 12), right(40, 14)])
    found = over_seeds(a, b, LABELS)
    assert found.differences == pytest.approx((0.10, 0.10, 0.14))
    assert found.difference == pytest.approx(0.34 / 3)
    assert found.t_interval == pytest.approx(t_interval([0.10, 0.10, 0.14]))
    assert found.p < 0.001


def test_one_seed_has_mcnemars_p_and_no_t_interval() -> None:
    found = over_seeds(np.array([right(45, 20)]), np.array([right(40, 22)]), LABELS)
    assert found.p == mcnemar(5, 2)
    assert found.t_interval is None


def test_seeds_are_averaged_image_by_image_before_images_are_resampled() -> None:
    # Two seeds whose gains are on other images: per image the average difference is half, so the interval is narrower.
    gain_first = np.array([[i < 20 for i in range(100)], [False] * 100])
    same_images = np.array([[i < 20 for i in range(100)]] * 2)
    nothing = np.zeros((2, 100), dtype=bool)
    one = np.zeros(100, dtype=np.int64)
    low, high = over_seeds(gain_first, nothing, one).resampled.interval()
    wide_low, wide_high = over_seeds(same_images, nothing, one).resampled.interval()
    assert high - low == pytest.approx((wide_high - wide_low) / 2)


def test_the_interval_has_the_width_of_the_normal_approximation() -> None:
    random = np.random.default_rng(0)
    labels = np.zeros(4000, dtype=np.int64)
    a, b = random.random((3, 4000)) < 0.72, random.random((3, 4000)) < 0.70
    found = over_seeds(a, b, labels)
    error = (a.mean(0) - b.mean(0)).std() / np.sqrt(4000)
    expected = (found.difference - 1.96 * error, found.difference + 1.96 * error)
    assert found.resampled.interval() == pytest.approx(expected, abs=5e-4)


def test_balanced_differences_weigh_classes_alike() -> None:
    labels = np.array([0] * 8 + [1] * 2)
    a, b = np.array([[True] * 10]), np.array([[True] * 9 + [False]])
    assert over_seeds(a, b, labels).difference == pytest.approx(0.1)
    assert over_seeds(a, b, labels, balanced=True).difference == pytest.approx(0.25)


def test_other_shapes_are_an_error() -> None:
    with pytest.raises(ValueError, match="the same seeds and images"):
        over_seeds(np.ones((2, 3), dtype=bool), np.ones((1, 3), dtype=bool), np.zeros(3, dtype=np.int64))


def test_students_interval_is_the_published_one() -> None:
    """Student's own sleep data (1908): ten differences, mean 1.58, 95 % interval 0.70 to 2.46."""
    hours = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]
    assert t_interval(hours) == pytest.approx((0.70, 2.46), abs=5e-3)


def test_two_seeds_have_no_t_interval() -> None:
    assert t_interval([0.1, 0.2]) is None


@pytest.mark.parametrize(
    ("differences", "expected"), [([0.1, 0.2], True), ([-0.1, -0.2], True), ([0.1, -0.2], False), ([0.1, 0.0], False)]
)
def test_seeds_agree_when_all_have_one_sign(differences: list[float], expected: bool) -> None:
    assert agree(differences) is expected


@pytest.mark.parametrize(
    ("corrected", "p_holm", "differences", "real"),
    [
        ((0.01, 0.03), 0.01, [0.02, 0.02], True),
        ((-0.03, -0.01), 0.01, [-0.02], True),
        ((-0.01, 0.05), 0.01, [0.02], False),  # the interval holds 0
        ((0.01, 0.03), 0.06, [0.02], False),  # chance, after correction
        ((0.01, 0.03), 0.01, [0.05, -0.01], False),  # a seed disagrees
    ],
)
def test_real_needs_all_three(corrected: tuple[float, float], p_holm: float, differences: list[float], real: bool) -> None:
    assert is_real(corrected, p_holm, differences) is real


def test_one_image_makes_no_difference_real() -> None:
    labels = np.append(np.arange(12), 11)
    right = np.ones((1, 13), dtype=np.bool_)
    wrong = right.copy()
    wrong[0, 0] = False
    assert over_seeds(right, wrong, labels, balanced=True).p == 1.0


def test_the_smallest_difference_in_balanced_accuracy_is_that_of_its_standard_error() -> None:
    labels = np.repeat([0, 1, 2], [100, 10, 1])
    random = np.random.default_rng(1)
    a, b = (random.random((1, 111)) < 0.5 for _ in "ab")
    share = [float((a ^ b)[0, labels == c].mean()) for c in range(3)]
    expected = (1.96 + 0.8416) * np.sqrt(share[0] / 100 + share[1] / 10 + share[2] / 1) / 3
    assert over_seeds(a, b, labels, balanced=True).smallest == pytest.approx(expected, rel=1e-3)
