"""A timm network with a head of C classes: from initial weights, or from a learner's checkpoint.

Weights and checkpoints are safetensors. A checkpoint says in its header what it is, under one key, since the order of several
would differ from process to process and with it the file's hash.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import timm
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from ltk8s.errors import MembersError, TaskError, did_you_mean, shortened
from ltk8s.network.head import CosineHead, give_cosine_head, head_path
from ltk8s.spec.architectures import KNOWN

HEADER = "ltk8s"
COSINE = "cosine"
HEADS = ("linear", COSINE)


def build(
    arch: str,
    classes: int,
    weights: bytes | None,
    generator: torch.Generator | None = None,
    *,
    cosine_scale: float | None = None,
) -> nn.Module:
    """Return the network ``arch`` with a new head of ``classes`` outputs, channels_last, on the CPU.

    Args:
        weights: the state dict, as safetensors, of the same network with any number of classes. All but the head is taken,
            strictly by name and shape. None leaves timm's random initialisation.
        generator: draws the new head.
        cosine_scale: the head is a cosine classifier with this scale, not a linear one.

    Raises:
        TaskError: if timm has no such network, or the weights are not this network's.
    """
    network = empty(arch, classes)
    if cosine_scale is not None:
        give_cosine_head(network, cosine_scale)
    initialise_head(network, generator)
    if weights is not None:
        head = f"{head_path(network)}."  # what is staged may have a bias that a cosine head has not
        staged = _tensors(weights, f"The weights of {arch!r}")
        body = {name: tensor for name, tensor in staged.items() if not name.startswith(head)}
        own = {name: tensor for name, tensor in network.state_dict().items() if name.startswith(head)}
        _load_strictly(network, {**body, **own}, f"The weights staged for {arch!r} are")
    return network


def load_checkpoint(arch: str, classes: int, data: bytes) -> nn.Module:
    """Return the trained network in ``data`` (what ``save_checkpoint`` returned), channels_last, on the CPU, in eval mode.

    Raises:
        MembersError: if it is no checkpoint, or one of another architecture or number of classes.
    """
    found = checkpoint_header(data)
    if (found.get("arch"), found.get("classes")) != (arch, classes):
        raise MembersError(
            f"The checkpoint holds {found.get('arch')!r} with {found.get('classes')} classes, not {arch!r} with {classes}.",
            "Submit again to have this learner trained anew.",
        )
    network = empty(arch, classes)
    if found.get("head", "linear") not in HEADS:
        raise MembersError(
            f"The checkpoint has a {found['head']} head, which this version does not know.", "Use the version that made it."
        )
    if found.get("head") == COSINE:
        give_cosine_head(network, 1.0)  # its scale is part of the state
    try:
        _load_strictly(network, _tensors(data, "The checkpoint"), "The checkpoint is")
    except TaskError as error:
        raise MembersError(error.what, "Submit again to have this learner trained anew.") from error
    return network.eval()


def save_checkpoint(network: nn.Module, arch: str, classes: int) -> bytes:
    """The network's state as safetensors: the same bytes for the same state."""
    cosine = isinstance(network.get_submodule(head_path(network)), CosineHead)
    return _save(network, {"arch": arch, "classes": classes, **({"head": COSINE} if cosine else {})})


def save_weights(network: nn.Module, arch: str) -> bytes:
    """A pretrained network's state as safetensors, to be staged as initial weights: the same bytes for the same state."""
    return _save(network, {"arch": arch})


def checkpoint_header(data: bytes) -> dict[str, object]:
    """What a checkpoint says that it is: ``arch`` and ``classes``, and ``head`` where that is not timm's linear one.

    Raises:
        MembersError: if it says nothing of the kind.
    """
    try:
        size = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + size])["__metadata__"][HEADER]
        return dict(json.loads(header))
    except (ValueError, KeyError, TypeError):
        raise MembersError("A checkpoint cannot be read.", "Submit again to have this learner trained anew.") from None


def empty(arch: str, classes: int) -> nn.Module:
    """The network ``arch`` as timm initialises it. Raises TaskError if timm has none of that name."""
    if not timm.is_model(arch):
        near = did_you_mean(arch, KNOWN) or did_you_mean(arch, timm.list_models())
        raise TaskError(f"There is no network {arch!r}.{near}", "Use a name that timm lists.")
    network: nn.Module = timm.create_model(arch, pretrained=False, num_classes=classes)
    return network.to(memory_format=torch.channels_last)


def check_input(network: nn.Module, arch: str, sizes: Iterable[int]) -> None:
    """Check that the network takes images of ``sizes`` pixels a side; ViT and Swin are made for one size.

    Raises:
        TaskError: if it does not.
    """
    made_for: Any = network.pretrained_cfg
    side = made_for["input_size"][-1]
    if made_for["fixed_input_size"] and (others := sorted({*sizes} - {side})):
        raise TaskError(
            f"{arch!r} takes images of {side} pixels a side, not of {' or '.join(map(str, others))}.",
            f"Set train.image_size={side}, or use a network that takes any size.",
        )


def initialise_head(network: nn.Module, generator: torch.Generator | None) -> None:
    """Draw the classifier anew as PyTorch does for a linear layer: uniform in ±1/√fan_in, and no bias."""
    for name, parameter in network.named_parameters():
        if name in head_names(network):
            bound = 1 / math.sqrt(parameter[0].numel()) if parameter.ndim > 1 else 0.0
            with torch.no_grad():
                parameter.uniform_(-bound, bound, generator=generator)


def head_names(network: nn.Module) -> list[str]:
    """The names of the classifier's parameters in the state dict."""
    path = head_path(network)
    return [f"{path}.{name}" for name in network.get_submodule(path).state_dict()]


def _load_strictly(network: nn.Module, state: Mapping[str, Tensor], what: str) -> None:
    try:
        network.load_state_dict(state, strict=True)
    except RuntimeError as error:
        first = " ".join(str(error).splitlines()[1].split())
        raise TaskError(
            f"{what} of another network: {shortened(first, 160)}", "Stage the weights of this network again."
        ) from None


def _tensors(data: bytes, what: str) -> dict[str, Tensor]:
    try:
        return dict(load(data))
    except SafetensorError:
        raise TaskError(f"{what} cannot be read as safetensors.", "Stage it again.") from None


def _save(network: nn.Module, header: dict[str, object]) -> bytes:
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    return bytes(save(state, metadata={HEADER: json.dumps(header, sort_keys=True)}))
