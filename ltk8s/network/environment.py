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
        "cpu": cpu_model(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "timm": timm.__version__,
    }


def cpu_model() -> str:
    """The processor's name as the kernel gives it, or the machine's kind where it gives none."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def peak_memory_bytes() -> int:
    """The most memory that was in use at once so far: the GPU's if there is one, else this process's."""
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    return process_peak_bytes()
