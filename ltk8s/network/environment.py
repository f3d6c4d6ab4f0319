"""Where a result was made: what a reader needs to know to make it again, and what it cost."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

import timm
import torch

from ltk8s.network.device import choose_device
from ltk8s.network.program import process_peak_bytes, program


def environment() -> dict[str, Any]:
    """The program, device and threads of this process, and the versions of what computes, as JSON values."""
    device = choose_device()
    return {
        **program(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "cpu": cpu_kind(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "timm": timm.__version__,
    }


def cpu_kind(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor as far as its sums may depend on it: name, family and model as the kernel gives them, and the widest
    instructions that torch uses. The name alone does not tell: virtual machines have one for several generations.
    """
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    first = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in reversed(lines))}
    numbers = [f"{word} {first[key]}" for word, key in (("family", "cpu family"), ("model", "model")) if key in first]
    details = ", ".join([*numbers, torch.backends.cpu.get_cpu_capability()])
    return f"{first.get('model name', platform.machine())} ({details})"


def peak_memory_bytes() -> int:
    """The most memory that was in use at once so far: the GPU's if there is one, else this process's."""
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    return process_peak_bytes()
