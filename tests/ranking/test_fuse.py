"""The rules in numpy are those that fusions use in torch."""

import numpy as np
import pytest
import torch

from ltk8s.fusion.rules import RULES as TORCH_RULES
from ltk8s.ranking.fuse import RULES


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_is_the_one_of_fusion(rule: str) -> None:
    logits = np.random.default_rng(0).normal(0, 30, (3, 50, 7))
    expected = TORCH_RULES[rule](torch.from_numpy(logits)).numpy()
    assert np.allclose(RULES[rule](logits), expected, atol=1e-12)


def test_there_is_every_rule() -> None:
    assert RULES.keys() == TORCH_RULES.keys()
