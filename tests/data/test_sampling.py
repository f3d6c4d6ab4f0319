import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ltk8s.data.sampling import bag_count, bag_counts, bags, balanced, majority
from ltk8s.data.split import long_tail, tail_counts

REPORT = tail_counts([500] * 50, 0.02)

class_counts = st.lists(st.integers(1, 40), min_size=2, max_size=10)
seeds = st.integers(0, 2**32)


def labels_of(counts):
    return np.repeat(np.arange(len(counts)), counts)


@given(class_counts, st.integers(1, 50), seeds)
def test_balancing_brings_every_class_to_the_threshold(counts, threshold, seed):
    labels = labels_of(counts)
    assert np.bincount(labels[balanced(labels, len(counts), threshold, seed)]).tolist() == [threshold] * len(counts)


@given(class_counts, st.integers(1, 50), seeds)
def test_balancing_uses_images_of_a_class_equally_often(counts, threshold, seed):
    labels = labels_of(counts)
    used = np.bincount(balanced(labels, len(counts), threshold, seed), minlength=len(labels))
    for c in range(len(counts)):
        assert used[labels == c].max() - used[labels == c].min() <= 1


def test_balancing_at_the_reports_threshold():
    labels = labels_of([500, 300, 100])
    used = np.bincount(balanced(labels, 3, 300, 0), minlength=900)
    assert [set(used[labels == c]) for c in range(3)] == [{0, 1}, {1}, {3}]


def test_balancing_leaves_out_a_class_without_images():
    labels = np.array([0, 0, 2])
    assert np.bincount(labels[balanced(labels, 3, 4, 0)]).tolist() == [4, 0, 4]


@given(class_counts, st.integers(1, 6), seeds)
def test_bags_hold_all_minority_images_and_share_out_the_majority(counts, count, seed):
    labels = labels_of(counts)
    dealt = bags(labels, len(counts), count, seed)
    times = np.bincount(np.concatenate(dealt), minlength=len(labels))
    large = np.isin(labels, majority(counts))
    assert np.all(times[large] == 1)
    assert np.all(times[~large] == count)


@given(class_counts, st.integers(1, 6), seeds)
def test_bags_differ_by_at_most_one_image_of_a_class_and_are_counted_beforehand(counts, count, seed):
    labels = labels_of(counts)
    held = [tuple(np.bincount(labels[bag], minlength=len(counts))) for bag in bags(labels, len(counts), count, seed)]
    assert held == bag_counts(counts, count)
    assert np.all(np.ptp(held, axis=0) <= 1)


@given(class_counts, st.integers(1, 6), seeds)
def test_no_bag_is_larger_than_another_by_more_than_one_image(counts, count, seed):
    sizes = [len(bag) for bag in bags(labels_of(counts), len(counts), count, seed)]
    assert max(sizes) - min(sizes) <= 1


def test_the_reports_bags():
    assert bag_count(REPORT, 120) == (4, 4)
    assert len(majority(REPORT)) == 25


def test_bags_are_capped_at_the_smallest_majority_class():
    assert bag_count([100, 5, 2, 2], 10) == (5, 10)


def test_equal_classes_have_no_majority():
    assert majority([5, 5, 5]) == ()
    assert bag_count([5, 5, 5], 1) == (0, 5)


def test_another_seed_deals_other_bags():
    labels = labels_of(REPORT)
    assert not np.array_equal(bags(labels, 50, 4, 0)[0], bags(labels, 50, 4, 1)[0])


def test_bags_of_a_split_are_indices_into_it():
    labels = labels_of([500] * 50)
    split = labels[long_tail(labels, 50, 0.02, 0)]
    assert max(bag.max() for bag in bags(split, 50, 4, 0)) < len(split)
