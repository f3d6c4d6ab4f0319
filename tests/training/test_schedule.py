"""What happens at which step."""

from __future__ import annotations

import pytest

from ltk8s.spec.train import Train
from ltk8s.training.schedule import Schedule


def schedule(images=100, **train):
    return Schedule.of(Train.model_validate({"batch_size": 8, **train}), images)


def test_the_last_partial_batch_is_dropped():
    assert schedule(images=23, epochs=3).steps_per_epoch == 2
    assert schedule(images=23, epochs=3).steps == 6


def test_the_last_partial_batch_stays_if_it_is_the_only_one():
    small = schedule(images=5, epochs=3)
    assert (small.batch_size, small.steps_per_epoch, small.steps) == (5, 1, 3)


def test_a_duration_in_steps_may_end_within_an_epoch():
    assert schedule(images=80, steps=25).epochs == 2.5


def test_warms_up_linearly_then_falls_to_almost_nothing():
    s = schedule(images=80, steps=100, warmup=0.1)
    factors = [s.lr_factor(step) for step in range(100)]
    assert factors[:10] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    assert factors[10] == 1
    assert factors[55] == pytest.approx(0.5)
    assert factors[10:] == sorted(factors[10:], reverse=True)
    assert 0 < factors[99] < 0.001


def test_no_warm_up_starts_at_the_peak():
    assert schedule(steps=10, warmup=0).lr_factor(0) == 1


def test_each_size_has_an_equal_part_of_the_duration():
    s = schedule(images=80, steps=9, image_size=[16, 32, 64])
    assert [s.size(step) for step in range(9)] == [16, 16, 16, 32, 32, 32, 64, 64, 64]


def test_more_sizes_than_steps_skip_some():
    assert [schedule(steps=2, image_size=[8, 16, 32, 64]).size(step) for step in range(2)] == [8, 32]


def test_epochs_end_where_they_should_and_at_the_end():
    s = schedule(images=24, steps=7)
    assert [done for done in range(1, 8) if s.ends_epoch(done)] == [3, 6, 7]


def test_the_curve_has_about_a_hundred_points():
    s = schedule(images=80, steps=1000)
    assert sum(s.ends_row(done) for done in range(1, 1001)) == 100


def test_larger_images_take_longer():
    s = schedule(images=80, steps=4, image_size=[16, 32])
    assert s.work(0, 4) == 2 * 16**2 + 2 * 32**2
    assert s.work(3, 4) == 32**2
