from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from ltk8s.errors import MembersError
from ltk8s.fusion.agreement import agreement, check_agreement
from ltk8s.fusion.members import Member, load_members
from ltk8s.network.environment import environment

ELSEWHERE = {"device": "NVIDIA H100", "cpu": "another", "threads": 4, "torch": "2.0"}


@pytest.fixture
def member(world) -> Member:
    (member,) = load_members(world.store, world.fusion(world.member()), 3)
    return member


def off_by(member: Member, amount: float) -> Tensor:
    """Logits with the same top class but for what ``amount`` turns."""
    return member.predictions.logits + amount * torch.tensor([1.0, -1.0, 0.0])


def check(member: Member, now: Tensor, **changes: Any) -> Any:
    return check_agreement(member, now, {**environment(), "device": "cpu", **changes})


def test_agreement_by_hand() -> None:
    committed = torch.tensor([[0.6, 0.4], [0.9, 0.1]]).log()
    now = torch.tensor([[0.4, 0.6], [0.8, 0.2]]).log()
    found = agreement(committed, now)
    assert not found.exact
    assert (found.changed, found.mean_difference) == pytest.approx((0.5, (0.2 + 0.1) / 2))


def test_the_same_machine_gives_the_same_bits(member: Member) -> None:
    assert check(member, member.predictions.logits.clone()).exact


def test_the_last_bit_matters_on_the_same_machine(member: Member) -> None:
    with pytest.raises(MembersError, match=f"Member {member.id} does not predict what it committed"):
        check(member, off_by(member, 1e-6))


@pytest.mark.parametrize("change", [{"threads": 99}, {"cpu": "another"}, {"torch": "2.0"}, {"device": "NVIDIA H100"}])
def test_elsewhere_rounding_is_allowed_for(member: Member, change: dict[str, Any]) -> None:
    found = check(member, off_by(member, 1e-6), **change)
    assert not found.exact
    assert found.changed == 0


def test_elsewhere_other_predictions_are_not(member: Member) -> None:
    with pytest.raises(MembersError, match="have another top class"):
        check(member, off_by(member, 3.0), **ELSEWHERE)


def test_elsewhere_other_probabilities_are_not_either(member: Member) -> None:
    sharper = member.predictions.logits * 1.5
    assert agreement(member.predictions.logits, sharper).changed == 0
    with pytest.raises(MembersError, match=r"0\.00% of images have another top class"):
        check(member, sharper, **ELSEWHERE)


def test_the_error_names_both_environments(member: Member) -> None:
    with pytest.raises(MembersError) as caught:
        check(member, off_by(member, 3.0), **ELSEWHERE)
    there = environment()
    assert f"It was trained on {there['cpu']}, {there['threads']} threads, torch {there['torch']}" in caught.value.what
    assert "this is NVIDIA H100, torch 2.0" in caught.value.what
