"""Classifiers other than timm's linear one: by cosines (LDAM), and with normalised weights (evaluation only)."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from ltk8s.errors import TaskError


class CosineHead(nn.Module):
    """B×D features → B×C logits: ``scale`` times the cosine between features and each class's weights (Cao et al. 2019).

    Always in fp32: at a scale of 30, bf16 would round a cosine of 1 to steps of an eighth of a logit.
    """

    def __init__(self, features: int, classes: int, scale: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(classes, features))
        self.scale: Tensor
        self.register_buffer("scale", torch.tensor(scale))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, features: Tensor) -> Tensor:
        with torch.autocast(features.device.type, enabled=False):
            return self.scale * F.linear(F.normalize(features.float()), F.normalize(self.weight))


def give_cosine_head(network: nn.Module, scale: float) -> None:
    """Put a cosine head in the place of the network's linear one.

    Raises:
        TaskError: if the network's classifier is no linear layer.
    """
    linear = linear_head(network)
    network.set_submodule(head_path(network), CosineHead(linear.in_features, linear.out_features, scale))


@torch.no_grad()
def normalise_head(network: nn.Module, tau: float) -> None:
    """Divide each class's weights by their norm to the power τ and drop the bias (Kang et al. 2020, who drop it too).

    A long tail leaves rare classes with short weight vectors; τ = 1 makes all as long. A cosine head stays as it is.

    Raises:
        TaskError: if the network's classifier is no linear layer.
    """
    if isinstance(network.get_submodule(head_path(network)), CosineHead):
        return
    linear = linear_head(network)
    linear.weight.div_(linear.weight.norm(dim=1, keepdim=True) ** tau)
    if linear.bias is not None:
        linear.bias.zero_()


def head_path(network: nn.Module) -> str:
    """The name of the network's classifier among its modules.

    Raises:
        TaskError: if it has not just one, as networks that are distilled have.
    """
    classifier = network.get_classifier()  # type: ignore[operator]
    for name, module in network.named_modules():
        if module is classifier:
            return str(name)
    raise TaskError(f"The network {type(network).__name__} has no single classifier.", "Choose another network.")


def linear_head(network: nn.Module) -> nn.Linear:
    head = network.get_submodule(head_path(network))
    if not isinstance(head, nn.Linear):
        raise TaskError(
            f"The network's classifier is no linear layer but {type(head).__name__}.",
            "Choose another network for this technique.",
        )
    return head
