from __future__ import annotations

import numpy as np
import pytest

from ltk8s.errors import MembersError
from ltk8s.fusion.members import load_members
from ltk8s.store import layout
from ltk8s.store.commit import read_result


def refusal(world, *ids: str, **changes: object) -> MembersError:
    with pytest.raises(MembersError) as caught:
        load_members(world.store, world.fusion(*ids, **changes), 3)
    return caught.value


def is_committed(world, id: str) -> bool:
    return world.store.exists(layout.result("learner", id))


def test_members_come_in_the_order_of_the_fusion(world) -> None:
    ids = [world.member(seed=seed) for seed in (2, 0, 1)]
    assert [member.id for member in load_members(world.store, world.fusion(*ids), 3)] == ids


def test_missing_members_are_all_named(world) -> None:
    there = world.member()
    error = refusal(world, there, "gone-0123456789", "lost-0123456789")
    assert error.what == "2 of 3 members are not committed: gone-0123456789, lost-0123456789."
    assert error.exit_code == 66


@pytest.mark.parametrize("name", ["checkpoint.safetensors", "predictions.safetensors"])
def test_a_flipped_bit_is_named_and_the_member_set_aside(world, name: str) -> None:
    good, bad = world.member(), world.member(seed=1)
    key = world.damage(bad, name)
    assert key in refusal(world, good, bad).what
    assert is_committed(world, good)
    assert not is_committed(world, bad)
    assert world.store.exists(layout.bad_result("learner", bad))


def test_a_damaged_result_is_named_and_set_aside(world) -> None:
    id = world.member()
    key = layout.result("learner", id)
    world.store.put(key, world.store.get(key).replace(b'"seconds":10.0', b'"seconds":20.0'))
    assert key in refusal(world, id).what
    assert not is_committed(world, id)


def test_a_lost_artifact_is_named_and_the_member_set_aside(world) -> None:
    id = world.member()
    result = read_result(world.store, "learner", id)
    assert result is not None
    world.store.delete(result.key("checkpoint.safetensors"))
    assert result.key("checkpoint.safetensors") in refusal(world, id).what
    assert not is_committed(world, id)


def test_another_learners_task_is_noticed(world) -> None:
    id, other = world.member(), world.learner(seed=5)
    world.store.put(layout.task("learner", id), world.store.get(layout.task("learner", world.commit(other))))
    assert f"it is the task of {other.id!r}" in refusal(world, id).what


def test_every_bad_member_is_named_at_once(world) -> None:
    bad = [world.member(seed=seed) for seed in (0, 1)]
    keys = [world.damage(id, "checkpoint.safetensors") for id in bad]
    what = refusal(world, *bad, "gone-0123456789").what
    assert all(named in what for named in (*keys, "gone-0123456789"))


@pytest.mark.parametrize(
    ("holds", "said"), [(("test_resnet", 3), "'test_resnet' with 3 classes"), (("test_efficientnet", 4), "with 4 classes")]
)
def test_a_checkpoint_of_another_network_is_refused(world, holds: tuple[str, int], said: str) -> None:
    id = world.commit(world.learner(), holds=holds)
    error = refusal(world, id)
    assert said in error.what
    assert "not 'test_efficientnet' with 3" in error.what
    assert not is_committed(world, id)


def test_predictions_that_are_none_are_refused(world) -> None:
    id = world.commit(world.learner(), keys=np.arange(3))
    assert "its logits have the shape (24, 3)" in refusal(world, id).what


def test_a_member_of_another_split_is_refused_and_stays(world) -> None:
    id = world.member(split={"ratio": 0.5})
    assert "another data set or split" in refusal(world, id).what
    assert is_committed(world, id)


def test_a_member_trained_without_a_fold_is_refused(world) -> None:
    id = world.member(fold={"index": 0, "of": 3})
    assert "without fold 0" in refusal(world, id).what
