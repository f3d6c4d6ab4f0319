import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ltk8s.data.split import counts_without, folds, generator, indices_digest, long_tail, shuffled, tail_counts

REPORT = np.repeat(np.arange(50), 500)

labels_of_some_classes = st.lists(st.integers(0, 40), min_size=2, max_size=8).map(
    lambda counts: np.repeat(np.arange(len(counts)), counts)
)
ratios = st.floats(0.001, 1)
seeds = st.integers(0, 2**32)


@pytest.mark.parametrize(
    ("ratio", "images", "smallest", "median", "groups"),
    [
        (None, 25_000, 500, 500, (50, 0, 0)),
        (0.1, 9_830, 50, 157.5, (35, 15, 0)),
        (0.02, 6_369, 10, 70, (21, 20, 9)),
        (0.005, 4_833, 2, 35, (15, 15, 20)),
    ],
)
def test_the_split_of_the_report(ratio, images, smallest, median, groups):
    counts = np.bincount(REPORT[long_tail(REPORT, 50, ratio, 0)])
    assert (counts.sum(), counts.min(), np.median(counts)) == (images, smallest, median)
    assert ((counts > 100).sum(), ((counts >= 20) & (counts <= 100)).sum(), (counts < 20).sum()) == groups


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=60), ratios)
def test_counts_fall_from_the_largest_and_never_exceed_what_is_there(counts, ratio):
    kept = tail_counts(counts, ratio)
    for i, (n, k) in enumerate(zip(counts, kept, strict=True)):
        ideal = max(counts) * ratio ** (i / (len(counts) - 1))
        assert k == n <= ideal or k <= ideal < k + 1


@given(labels_of_some_classes, ratios, seeds)
def test_the_split_keeps_the_tail_counts(labels, ratio, seed):
    classes = labels.max(initial=0) + 1
    kept = long_tail(labels, classes, ratio, seed)
    assert np.bincount(labels[kept], minlength=classes).tolist() == list(
        tail_counts(np.bincount(labels, minlength=classes), ratio)
    )
    assert np.all(np.diff(kept) > 0)


@given(labels_of_some_classes, ratios, ratios, seeds)
def test_a_smaller_ratio_keeps_a_subset(labels, one, other, seed):
    classes = labels.max(initial=0) + 1
    small, large = (long_tail(labels, classes, ratio, seed) for ratio in sorted((one, other)))
    assert set(small) <= set(large)


def test_full_keeps_all():
    assert np.array_equal(long_tail(REPORT, 50, None, 7), np.arange(25_000))


def test_another_seed_keeps_other_images():
    assert indices_digest(long_tail(REPORT, 50, 0.02, 0)) != indices_digest(long_tail(REPORT, 50, 0.02, 1))


def test_the_split_of_seed_0_never_changes():
    assert indices_digest(long_tail(REPORT, 50, 0.02, 0)) == "e5d8702878bc57e51c6b35c37dfea85b657915a3eb767411b9dfa73e6968ab68"


@given(labels_of_some_classes, st.integers(2, 5), seeds)
def test_folds_differ_by_at_most_one_image_of_a_class(labels, k, seed):
    fold = folds(labels, 8, k, seed)
    for c in np.unique(labels):
        dealt = np.bincount(fold[labels == c] + 1, minlength=k + 1)[1:]
        assert dealt.sum() == (labels == c).sum() or (labels == c).sum() == 1
        assert dealt.max() - dealt.min() <= 1


@given(labels_of_some_classes, st.integers(2, 5), seeds)
def test_folds_have_like_sizes(labels, k, seed):
    fold = folds(labels, 8, k, seed)
    sizes = np.bincount(fold[fold >= 0], minlength=k)
    assert sizes.max() - sizes.min() <= 1


def test_the_only_image_of_a_class_is_in_no_fold():
    assert folds(np.array([0, 0, 1]), 2, 2, 0).tolist()[2] == -1


def test_a_shuffle_is_a_function_of_its_key():
    members = np.arange(100)
    assert np.array_equal(shuffled(members, "split", 1, 2), shuffled(members, "split", 1, 2))
    assert not np.array_equal(shuffled(members, "split", 1, 2), shuffled(members, "split", 12))
    assert sorted(shuffled(members, "split", 1, 2)) == members.tolist()


def test_every_part_of_a_key_counts():
    drawn = {int(generator(*key).integers(2**62)) for key in [("a", 1, 2), ("a", 12), ("a", 2, 1), ("b", 1, 2)]}
    assert len(drawn) == 4


@given(labels=labels_of_some_classes, k=st.integers(2, 6), seed=seeds)
def test_what_a_fold_leaves_is_known_from_the_counts_alone(labels, k, seed):
    classes = int(labels.max()) + 1 if len(labels) else 1
    counts = np.bincount(labels, minlength=classes)
    dealt = folds(labels, classes, k, seed)
    for index in range(k):
        assert counts_without(counts.tolist(), index, k) == tuple(np.bincount(labels[dealt != index], minlength=classes))


@given(labels=labels_of_some_classes, k=st.integers(2, 6), seed=seeds)
def test_folds_deal_each_class_evenly_and_never_hold_out_the_only_image(labels, k, seed):
    dealt = folds(labels, int(labels.max(initial=0)) + 1, k, seed)
    for c, n in zip(*np.unique(labels, return_counts=True), strict=True):
        sizes = np.bincount(dealt[labels == c], minlength=k) if n > 1 else None
        assert sizes is None or sizes.max() - sizes.min() <= 1
        assert n > 1 or dealt[labels == c].tolist() == [-1]


def test_groups_are_dealt_whole_and_every_class_keeps_something_to_train_on() -> None:
    labels = np.repeat(np.arange(6), [40, 30, 20, 10, 10, 3])
    groups = np.arange(len(labels)) // 5  # no class but the last has part of another one.s group
    groups[-3:] = groups[-4]
    groups[:7] = -1
    fold = folds(labels, 6, 3, seed=0, groups=groups)
    assert all(len(set(fold[groups == group])) == 1 for group in np.unique(groups[groups >= 0]))
    assert set(fold[:7].tolist()) == {0, 1, 2}
    for held_out in range(3):
        assert np.bincount(labels[fold != held_out], minlength=6).all()
    sizes = np.bincount(fold[fold >= 0], minlength=3)
    assert sizes.min() > 0.6 * sizes.max()


def test_without_groups_folds_are_as_ever() -> None:
    labels = np.repeat(np.arange(3), [20, 10, 5])
    assert (folds(labels, 3, 3, 0, groups=np.full(35, -1)) == folds(labels, 3, 3, 0)).all()
