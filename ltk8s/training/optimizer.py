"""AdamW with a learning rate for each depth of the network."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import torch
from timm.models import group_parameters
from torch import nn

from ltk8s.network.backbone import head_names
from ltk8s.spec.train import Train

BETAS = (0.9, 0.999)


def make_optimizer(network: nn.Module, train: Train) -> torch.optim.AdamW:
    """AdamW over the network's parameters, fused: one kernel for all of them, on CPU and GPU."""
    return torch.optim.AdamW(parameter_groups(network, train), betas=BETAS, fused=True)


def parameter_groups(network: nn.Module, train: Train) -> list[dict[str, Any]]:
    """Groups with ``lr`` and its peak ``peak_lr``: the head's multiplied by ``head_lr``, the others' by ``layer_decay`` once
    for each block between them and the head (timm's coarse grouping: a block is a stage of the network).

    No weight decay on what has one dimension: biases and normalisation.
    """
    head = set(head_names(network))
    depth = block_numbers(network)
    last = max(depth.values())
    groups: dict[tuple[float, float], list[nn.Parameter]] = defaultdict(list)
    for name, parameter in network.named_parameters():
        scale = train.head_lr if name in head else train.layer_decay ** (last - depth[name])
        groups[train.lr * scale, train.weight_decay if parameter.ndim > 1 else 0.0].append(parameter)
    return [
        {"params": parameters, "lr": lr, "peak_lr": lr, "weight_decay": decay} for (lr, decay), parameters in groups.items()
    ]


def block_numbers(network: nn.Module) -> dict[str, int]:
    """The block of each parameter, 0 at the input; the head is in the last."""
    matcher = network.group_matcher(coarse=True)  # type: ignore[operator]
    return dict(group_parameters(network, matcher, reverse=True))


def set_learning_rate(optimizer: torch.optim.Optimizer, factor: float) -> None:
    """Set each group's learning rate to ``factor`` of its peak."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak_lr"] * factor
