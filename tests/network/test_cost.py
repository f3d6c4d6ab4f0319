"""What a network costs."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ltk8s.network.backbone import build
from ltk8s.network.cost import multiply_adds, parameters


def test_counts_by_hand():
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))
    assert parameters(network) == 3 * 8 * 9 + 8 + 8 * 10 + 10
    assert multiply_adds(network, 16) == 16 * 16 * 3 * 8 * 9 + 8 * 10


@pytest.mark.parametrize(("arch", "million"), [("tf_efficientnet_lite0", 384), ("efficientnet_b0", 386)])
def test_agrees_with_what_is_published(arch, million):
    assert multiply_adds(build(arch, 1000, None), 224) / 1e6 == pytest.approx(million, rel=0.02)


def test_leaves_the_network_as_it_was(network):
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    multiply_adds(network.train(), 16)
    assert network.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
