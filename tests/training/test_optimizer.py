"""Learning rates by depth, and the fused optimiser against the plain one."""

from __future__ import annotations

import copy

import pytest
import torch

from ltk8s.network.backbone import build
from ltk8s.spec.train import Train
from ltk8s.training.optimizer import BETAS, make_optimizer, parameter_groups, set_learning_rate


@pytest.fixture
def network():
    torch.manual_seed(0)
    return build("test_efficientnet", 5, None)


def rate_of(groups, network, name):
    wanted = dict(network.named_parameters())[name]
    return next(group["lr"] for group in groups if any(parameter is wanted for parameter in group["params"]))


def test_every_parameter_is_in_one_group(network):
    listed = [parameter for group in parameter_groups(network, Train()) for parameter in group["params"]]
    assert len(listed) == len(list(network.parameters()))
    assert {id(parameter) for parameter in listed} == {id(parameter) for parameter in network.parameters()}


def test_what_has_one_dimension_does_not_decay(network):
    for group in parameter_groups(network, Train(weight_decay=0.05)):
        assert all((parameter.ndim > 1) == (group["weight_decay"] > 0) for parameter in group["params"])


def test_the_head_has_its_own_rate(network):
    groups = parameter_groups(network, Train(lr=1e-3, head_lr=10))
    assert rate_of(groups, network, "classifier.weight") == pytest.approx(1e-2)
    assert rate_of(groups, network, "conv_head.weight") == pytest.approx(1e-3)


def test_rates_fall_block_by_block_towards_the_input(network):
    groups = parameter_groups(network, Train(lr=1.0, layer_decay=0.5))
    names = [
        "classifier.weight",
        "blocks.4.0.conv_dw.weight",
        "blocks.3.0.bn1.weight",
        "blocks.0.0.conv.weight",
        "conv_stem.weight",
    ]
    assert [rate_of(groups, network, name) for name in names] == [1, 0.5, 0.25, 0.5**5, 0.5**6]


def test_a_factor_scales_every_peak(network):
    optimizer = make_optimizer(network, Train(lr=1e-3, head_lr=10))
    set_learning_rate(optimizer, 0.5)
    assert {group["lr"] for group in optimizer.param_groups} == {5e-4, 5e-3}


def test_fused_steps_are_the_plain_ones(network):
    plain = copy.deepcopy(network)
    theirs = torch.optim.AdamW(parameter_groups(plain, Train()), betas=BETAS, fused=False, foreach=False)
    ours = make_optimizer(network, Train())
    for step in range(3):
        for net, optimizer in ((network, ours), (plain, theirs)):
            torch.manual_seed(step)
            for parameter in net.parameters():
                parameter.grad = torch.randn_like(parameter)
            optimizer.step()
    for fused, other in zip(network.parameters(), plain.parameters(), strict=True):
        assert torch.allclose(fused, other, rtol=1e-5, atol=1e-6)
