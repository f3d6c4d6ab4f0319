"""Exponential moving average of a network's weights, which is what is evaluated and kept in the end."""

from __future__ import annotations

import copy
from collections.abc import Iterable

import torch
from torch import Tensor, nn

STATISTICS_STEPS = 100
"""From how many of the last batches running statistics are computed, or from an epoch's if these are fewer."""


class Average:
    """The average of a network's parameters over steps, with decay min(d, (1+t)/(10+t)) at step t: early weights fade soon.

    Buffers are not averaged: a mean of running statistics belongs to no network, so that they are computed anew at the end.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.parameters = [parameter.detach().clone() for parameter in network.parameters()]

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Take in the network's parameters after ``step``, without waiting for the device."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self.parameters, list(network.parameters()), 1 - decay)

    @torch.no_grad()
    def restore(self, parameters: list[Tensor]) -> None:
        """Go on from the ``parameters`` of an earlier average."""
        for own, kept in zip(self.parameters, parameters, strict=True):
            own.copy_(kept)

    @torch.no_grad()
    def applied_to(self, network: nn.Module) -> nn.Module:
        """A copy of the network, on its device, that has the averaged parameters."""
        averaged = copy.deepcopy(network)
        for parameter, own in zip(averaged.parameters(), self.parameters, strict=True):
            parameter.copy_(own)
        return averaged


@torch.no_grad()
def recompute_statistics(network: nn.Module, batches: Iterable[Tensor]) -> None:
    """Set the running means and variances of batch normalisation to their mean over ``batches``, B×3×S×S each.

    All else is in eval mode meanwhile, as it will be when the statistics are used: no dropout, no stochastic depth.
    """
    layers = [module for module in network.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    momenta = [layer.momentum for layer in layers]
    network.eval()
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # a cumulative mean
        layer.train()
    for batch in batches:
        network(batch)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
    network.eval()
