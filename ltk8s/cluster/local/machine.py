"""What this machine has, and what a Job asks of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ltk8s.cluster.job import Manifest, worker_of
from ltk8s.errors import UsageError
from ltk8s.processes import cpus

GPU = "nvidia.com/gpu"

UNITS = {
    "": 1, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40,
}  # fmt: skip
"""Suffixes of Kubernetes quantities."""


@dataclass(frozen=True)
class Demand:
    """CPUs, bytes of memory and GPUs: what one Job requests, or what several hold together."""

    cpus: float = 0
    memory: float = 0
    gpus: int = 0

    def __add__(self, other: Demand) -> Demand:
        return Demand(self.cpus + other.cpus, self.memory + other.memory, self.gpus + other.gpus)

    def __str__(self) -> str:
        """
        >>> str(Demand(2, 6 * 2**30, 1))
        '2 CPUs, 6 GiB of memory and 1 GPU'
        """
        parts = [_counted(self.cpus, "CPU"), f"{self.memory / 2**30:.3g} GiB of memory"]
        if self.gpus:
            parts.append(_counted(self.gpus, "GPU"))
        return f"{', '.join(parts[:-1])} and {parts[-1]}"


@dataclass(frozen=True)
class Machine:
    """What Jobs may use. ``gpus`` are the ids that CUDA_VISIBLE_DEVICES takes."""

    cpus: int
    memory: int
    gpus: tuple[str, ...] = ()

    @classmethod
    def here(cls) -> Machine:
        """This machine, within the limits under which this process runs."""
        return cls(cpus(), _memory(), _gpus())

    def fits(self, demand: Demand) -> bool:
        return demand.cpus <= self.cpus and demand.memory <= self.memory and demand.gpus <= len(self.gpus)

    @property
    def capacity(self) -> Demand:
        return Demand(self.cpus, self.memory, len(self.gpus))


def demand_of(manifest: Manifest) -> Demand:
    """What the Job's worker requests; a limit counts where there is no request, as in Kubernetes."""
    resources = worker_of(manifest).get("resources") or {}
    wanted = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return Demand(quantity(wanted.get("cpu", 0)), quantity(wanted.get("memory", 0)), int(quantity(wanted.get(GPU, 0))))


def quantity(value: str | float) -> float:
    """A Kubernetes quantity as a number.

    >>> quantity("500m"), quantity("2Gi"), quantity(2)
    (0.5, 2147483648.0, 2.0)
    """
    match = re.fullmatch(r"([0-9.]+)(m|k|M|G|T|Ki|Mi|Gi|Ti)?", str(value))
    if not match:
        raise UsageError(f"{value!r} is no quantity.", "Write it as Kubernetes does, as in 500m or 2Gi.")
    return float(match[1]) * UNITS[match[2] or ""]


def _counted(number: float, noun: str) -> str:
    return f"{number:g} {noun}{'' if number == 1 else 's'}"


def _memory() -> int:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")):
        if limit.is_file() and (text := limit.read_text().strip()).isdigit():
            return min(total, int(text))
    return total


def _gpus() -> tuple[str, ...]:
    """The NVIDIA devices that CUDA_VISIBLE_DEVICES leaves, or all; by UUID, since their numbers here need not be CUDA's."""
    if not list(Path("/dev").glob("nvidia[0-9]*")) or not (smi := shutil.which("nvidia-smi")):
        return ()
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return tuple(id.strip() for id in visible.split(",") if id.strip())
    shown = subprocess.run([smi, "--query-gpu=uuid", "--format=csv,noheader"], capture_output=True, text=True, check=False)
    return tuple(shown.stdout.split()) if shown.returncode == 0 else ()
