import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ltk8s.data.draw import draw
from ltk8s.data.split import long_tail, tail_counts

LABELS = np.repeat(np.arange(5), 40)

samplings = st.sampled_from([("all",), ("balanced", 12), ("bag", 1, 3)])


def test_without_fold_or_sampling_it_is_the_split():
    train, held_out = draw(LABELS, 5, ratio=0.1, split_seed=3)
    assert np.array_equal(train, long_tail(LABELS, 5, 0.1, 3))
    assert held_out.size == 0


@given(samplings, st.integers(0, 2), st.integers(0, 100))
def test_what_is_held_out_is_never_trained_on(sampling, index, seed):
    train, held_out = draw(LABELS, 5, ratio=0.1, split_seed=0, fold=(index, 3), sampling=sampling, seed=seed)
    assert not set(train) & set(held_out)
    assert {*train, *held_out} <= set(long_tail(LABELS, 5, 0.1, 0))


def test_every_image_of_the_split_is_held_out_once():
    held_out = [draw(LABELS, 5, ratio=0.1, split_seed=0, fold=(i, 3))[1] for i in range(3)]
    assert np.array_equal(np.sort(np.concatenate(held_out)), long_tail(LABELS, 5, 0.1, 0))


def test_learners_of_any_seed_have_the_same_folds():
    one, other = (draw(LABELS, 5, ratio=0.1, split_seed=0, fold=(0, 3), seed=seed) for seed in (1, 2))
    assert np.array_equal(one[1], other[1])


def test_balancing_comes_after_the_split():
    train, _ = draw(LABELS, 5, ratio=0.1, split_seed=0, sampling=("balanced", 12))
    assert np.bincount(LABELS[train]).tolist() == [12] * 5
    assert len(set(train[LABELS[train] == 4])) == 4


def test_bags_of_one_seed_share_out_the_split():
    parts = [draw(LABELS, 5, ratio=0.1, split_seed=0, sampling=("bag", i, 3))[0] for i in range(3)]
    assert set(np.concatenate(parts)) == set(long_tail(LABELS, 5, 0.1, 0))
    assert sum(np.isin(part, np.flatnonzero(LABELS == 0)).sum() for part in parts) == tail_counts([40] * 5, 0.1)[0]
