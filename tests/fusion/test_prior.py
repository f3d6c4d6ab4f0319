from __future__ import annotations

import numpy as np
import pytest

from ltk8s.fusion.members import Member, load_members
from ltk8s.fusion.prior import corrections
from ltk8s.planning.task import FusionTask

COUNTS = (100, 40, 10)


def centred(values: object) -> np.ndarray:
    """Without what is the same for every class, which changes no probability."""
    array = np.asarray(values, dtype=np.float64)
    return array - array.mean(axis=-1, keepdims=True)


def loaded(world, task: FusionTask) -> list[Member]:
    return load_members(world.store, task, 3)


def corrected(world, loss: dict[str, object], **changes: object) -> np.ndarray:
    id = world.member(train={"loss": loss})
    task = world.fusion(id, **{"prior_correction": True, **changes})
    return centred(corrections(task, loaded(world, task), world.manifest)[0])


def test_nothing_is_corrected_unless_asked_for(world) -> None:
    task = world.fusion(world.member(), world.member(seed=1))
    assert corrections(task, loaded(world, task), world.manifest).tolist() == [[0.0] * 3] * 2


def test_a_plain_member_saw_its_class_counts(world) -> None:
    assert corrected(world, {"name": "cross-entropy"}) == pytest.approx(centred(-np.log(COUNTS)))


def test_inverse_square_root_weights_leave_half_of_the_prior(world) -> None:
    assert corrected(world, {"name": "cross-entropy", "weights": "isns"}) == pytest.approx(centred(-np.log(COUNTS) / 2))


@pytest.mark.parametrize("loss", [{"name": "cross-entropy", "weights": "ins"}, {"name": "logit-adjustment", "tau": 1.0}])
def test_inverse_weights_and_full_adjustment_leave_nothing_to_correct(world, loss: dict[str, object]) -> None:
    assert corrected(world, loss) == pytest.approx(np.zeros(3), abs=1e-12)


def test_half_an_adjustment_leaves_half_of_the_prior(world) -> None:
    assert corrected(world, {"name": "logit-adjustment", "tau": 0.5}) == pytest.approx(centred(-np.log(COUNTS) / 2))


def test_a_bag_is_corrected_by_its_own_counts(world) -> None:
    bags = [
        world.commit(world.learner(sampling={"rule": "bag", "index": i, "of": 2}), class_counts=counts)
        for i, counts in enumerate([(50, 20, 10), (50, 10, 20)])
    ]
    task = world.fusion(*bags, prior_correction=True)
    expected = centred(-np.log([(50, 20, 10), (50, 10, 20)]))
    assert centred(corrections(task, loaded(world, task), world.manifest)) == pytest.approx(expected)


def test_the_training_set_as_target_is_that_of_the_split(world) -> None:
    # 120, 40 and 4 images are there; at ratio .1 the split keeps 120, 37 and 4 of them.
    target = np.log([120, 37, 4])
    assert corrected(world, {"name": "cross-entropy"}, target_prior="train") == pytest.approx(centred(target - np.log(COUNTS)))


def test_a_target_by_class_name(world) -> None:
    prior = {"eel": 0.7, "cat": 0.2, "dog": 0.1}
    expected = centred(np.log([0.2, 0.1, 0.7]) - np.log(COUNTS))
    assert corrected(world, {"name": "cross-entropy"}, target_prior=prior) == pytest.approx(expected)
