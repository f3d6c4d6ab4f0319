"""What a network costs, independent of where it runs."""

from __future__ import annotations

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def parameters(network: nn.Module) -> int:
    """How many trained numbers it holds."""
    return sum(parameter.numel() for parameter in network.parameters())


def multiply_adds(network: nn.Module, size: int) -> int:
    """Multiply-adds of one forward pass of one ``size`` × ``size`` image: convolutions and matrix products (FLOPs / 2)."""
    device = next(network.parameters()).device
    training = network.training
    counter = FlopCounterMode(display=False)
    with torch.inference_mode(), counter:
        network.eval()(torch.zeros(1, 3, size, size, device=device))
    network.train(training)
    return counter.get_total_flops() // 2
