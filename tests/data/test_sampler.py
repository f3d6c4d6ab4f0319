from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ltk8s.data.sampler import ClassSampler, shown

COUNTS = (64, 16, 4)
LABELS = np.repeat(np.arange(3), COUNTS)

class_counts = st.lists(st.integers(1, 40), min_size=2, max_size=10)


def drawn(power: float, epochs: int, seed: int = 0) -> list[np.ndarray]:
    sampler = ClassSampler(LABELS, power, seed)
    return [sampler.epoch(number) for number in range(epochs)]


def test_class_aware_shows_every_class_equally_often() -> None:
    assert shown(COUNTS, 0) == pytest.approx((28, 28, 28))


def test_square_root_by_hand() -> None:
    # √64 : √16 : √4 = 8 : 4 : 2 of 84 images.
    assert shown(COUNTS, 0.5) == pytest.approx((48, 24, 12))


def test_a_class_without_images_is_never_shown() -> None:
    assert shown((9, 0, 1), 0) == pytest.approx((5, 0, 5))
    assert len(ClassSampler(np.array([0, 0, 2]), 0, 0).epoch(0)) == 3


@given(class_counts, st.sampled_from([0.0, 0.5, 1.0]), st.integers(0, 9))
def test_an_epoch_has_as_many_images_as_there_are_and_each_class_its_share(counts, power, epoch) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    order = ClassSampler(labels, power, 0).epoch(epoch)
    assert len(order) == len(labels)
    assert np.abs(np.bincount(labels[order], minlength=len(counts)) - shown(counts, power)).max() < 1


def test_over_epochs_the_mean_is_exact() -> None:
    labels = np.repeat(np.arange(3), (5, 3, 2))  # 10 images: 3⅓ of each class an epoch
    sampler = ClassSampler(labels, 0, 0)
    mean = np.mean([np.bincount(labels[sampler.epoch(i)], minlength=3) for i in range(600)], axis=0)
    assert mean == pytest.approx([10 / 3] * 3, abs=0.05)


def test_a_class_goes_through_all_its_images_before_one_comes_again() -> None:
    epochs = drawn(0, 2)
    of_the_largest = np.concatenate([order[LABELS[order] == 0] for order in epochs])  # 56 of 64
    assert len(set(of_the_largest)) == len(of_the_largest)
    of_the_smallest = epochs[0][LABELS[epochs[0]] == 2]
    assert np.bincount(of_the_smallest)[80:].tolist() == [7, 7, 7, 7]


def test_an_epoch_is_a_function_of_seed_and_number_alone() -> None:
    first = drawn(0.5, 4)
    assert np.array_equal(ClassSampler(LABELS, 0.5, 0).epoch(3), first[3])
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(first[0], drawn(0.5, 1, seed=1)[0])


def test_classes_come_mixed() -> None:
    order = LABELS[drawn(0, 1)[0]]
    assert not np.array_equal(order, np.sort(order))
