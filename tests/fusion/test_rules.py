from __future__ import annotations

import pytest
import torch

from ltk8s.fusion.rules import RULES, mean_logit, mean_probability

# Two members, one image, two classes: probabilities .8 and .2, then .5 and .5.
LOGITS = torch.tensor([[[0.8, 0.2]], [[0.5, 0.5]]]).log()


def test_mean_probability_averages_softmax() -> None:
    assert mean_probability(LOGITS).exp().tolist() == [pytest.approx([0.65, 0.35])]


def test_mean_logit_is_the_normalised_geometric_mean() -> None:
    # √(.8·.5) : √(.2·.5) = 2 : 1
    assert mean_logit(LOGITS).exp().tolist() == [pytest.approx([2 / 3, 1 / 3])]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_one_member_is_itself(rule: object) -> None:
    logits = torch.randn(1, 5, 4)
    torch.testing.assert_close(rule(logits), logits[0].log_softmax(-1))


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_constant_added_to_a_members_logits_changes_nothing(rule: object) -> None:
    shifted = LOGITS + torch.tensor([7.0, -3.0])[:, None, None]
    torch.testing.assert_close(rule(shifted), rule(LOGITS))


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_large_logits_stay_finite(rule: object) -> None:
    fused = rule(torch.tensor([[[900.0, -900.0]], [[-900.0, 900.0]]]))
    assert fused.exp().tolist() == [pytest.approx([0.5, 0.5])]
