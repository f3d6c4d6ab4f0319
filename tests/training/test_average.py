"""The moving average of the weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ltk8s.training.average import Average, recompute_statistics


def test_the_average_by_hand() -> None:
    network = nn.Linear(1, 1, bias=False)
    network.weight.data.fill_(1.0)
    average = Average(network, 0.15)
    value, expected = 1.0, 1.0
    for step, decay in enumerate([0.1, 0.15, 0.15]):  # (1+t)/(10+t) is .1, .182, .25: the decay is at most .15
        value += 1
        network.weight.data.fill_(value)
        average.update(network, step)
        expected = decay * expected + (1 - decay) * value
    assert average.parameters[0].item() == pytest.approx(expected)
    assert average.applied_to(network).weight.item() == pytest.approx(expected)
    assert network.weight.item() == 4


def test_an_average_goes_on_where_it_was() -> None:
    network = nn.Linear(3, 2)
    average = Average(network, 0.9)
    kept = [parameter * 2 for parameter in average.parameters]
    average.restore(kept)
    for own, parameter in zip(average.parameters, kept, strict=True):
        assert torch.equal(own, parameter)


def test_statistics_are_the_mean_over_the_batches_in_eval_mode() -> None:
    norm = nn.BatchNorm2d(2, momentum=0.3)
    network = nn.Sequential(nn.Dropout(0.9), norm)
    norm.running_mean.fill_(9.0)
    batches = [torch.randn(8, 2, 4, 4, generator=torch.Generator().manual_seed(i)) + i for i in range(3)]
    recompute_statistics(network, batches)
    means = torch.stack([batch.mean((0, 2, 3)) for batch in batches]).mean(0)
    variances = torch.stack([batch.var((0, 2, 3)) for batch in batches]).mean(0)
    torch.testing.assert_close(norm.running_mean, means)
    torch.testing.assert_close(norm.running_var, variances)
    assert norm.momentum == 0.3
    assert not any(module.training for module in network.modules())
