"""Which device computes, with how many threads, in which precision."""

from __future__ import annotations

import ctypes
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any, Literal

import torch

from ltk8s.errors import ClusterError

Precision = Literal["fp32", "bf16"]


def choose_device() -> torch.device:
    """The first GPU where there is one, else the CPU."""
    return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")


def require_gpu() -> None:
    """Raise ClusterError unless torch finds a GPU: a Job that asked for one would train on the CPU for days."""
    if torch.cuda.is_available():
        return
    built = f"was built for CUDA {torch.version.cuda}" if torch.version.cuda else "was built without CUDA"
    raise ClusterError(
        f"This Job asked for a GPU and torch, which {built}, finds none.",
        "Compare the node's driver (`nvidia-smi`) with that version, and use an image of the worker that has CUDA.",
    )


def set_threads(count: int) -> None:
    """Compute with ``count`` CPU threads, and on every device with algorithms that give the same bits each time."""
    torch.set_num_threads(count)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


def keep_freed_memory() -> None:
    """Let this process keep the memory of freed tensors for the next ones, for as long as it lives.

    glibc hands large blocks back to the system at once, which then has to clear them again for each layer of each step: at
    112 pixels on a CPU training spends a fifth of its time on that, and prediction more than half. Other systems are left as
    they are.
    """
    maximum_of_mappings, trim_threshold, never = -4, -1, 2**31 - 1
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(maximum_of_mappings, 0)
        libc.mallopt(trim_threshold, never)


def autocast(device: torch.device, precision: Precision) -> AbstractContextManager[Any]:
    """A context in which matrix products and convolutions are computed in ``precision``; weights stay fp32."""
    return torch.autocast(device.type, torch.bfloat16) if precision == "bf16" else nullcontext()
