"""How long a learner will take, from what committed learners took.

The time per image grows with its area, plus something that every image costs: measured on two cores, training takes 0.73 µs
for each of (side² + 800) pixels with Lite0, within 5 % from 32 to 112 pixels. Evaluating costs a quarter of training.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from ltk8s.errors import TaskError
from ltk8s.planning.task import LearnerTask, parse_task
from ltk8s.spec.train import Train
from ltk8s.store import layout
from ltk8s.store.base import Store
from ltk8s.store.many import get_many

EACH_IMAGE = 800
"""What every image costs, however small, in pixels."""

EVALUATION = 0.25
"""The cost of evaluating a pixel over that of training on it."""

CORE_SECONDS = {"tf_efficientnet_lite0": 1.4e-6, "tf_efficientnet_lite1": 1.8e-6, "tf_efficientnet_lite2": 1.9e-6}
"""CPU cores × seconds a pixel of training, fp32, measured on two cores of an AMD EPYC (torch 2.15, 64 to 112 pixels)."""

SHORT = 30.0
"""Seconds below which the start (loading, the first steps) is too much of what a learner took."""

CPU, GPU = "cpu", "gpu"


@dataclass(frozen=True)
class Rates:
    """Seconds a pixel of training. ``cpu``: by network, core-seconds; ``gpu``: by network, seconds of one GPU.

    Networks that this store never trained have those of ``CORE_SECONDS`` on a CPU, and none on a GPU; ``measured`` names the
    others, with how many learners each rests on.
    """

    cpu: Mapping[str, float] = field(default_factory=lambda: dict(CORE_SECONDS))
    gpu: Mapping[str, float] = field(default_factory=dict)
    measured: Mapping[str, int] = field(default_factory=dict)

    def seconds(
        self, task: LearnerTask, images: int, evaluated: int = 0, *, threads: int = 2, gpu: bool = False
    ) -> float | None:
        """Return how long a learner takes, or None where nothing like it was measured.

        Args:
            images: how many it trains on, repetitions by its sampling included.
            evaluated: how many it is evaluated on in the end.
            threads: how many CPU cores it has; a GPU learner's do not count.
            gpu: whether it trains on a GPU.
        """
        rate = (self.gpu if gpu else self.cpu).get(task.arch)
        if rate is None:
            return None
        return rate / (1 if gpu else threads) * work(task.train, images, evaluated)


def work(train: Train, images: int, evaluated: int) -> float:
    """The pixels of all training images in all steps, each image's own cost included, and a part of those evaluated."""
    batch = min(train.batch_size, images)
    steps = train.steps or (train.epochs or 0) * max(1, images // batch)
    trained = steps * batch * sum(cost(size) for size in train.sizes) / len(train.sizes)
    return trained + EVALUATION * evaluated * (2 if train.eval_flip else 1) * cost(train.final_size)


def cost(side: int) -> int:
    """What a square image costs, in pixels.

    >>> cost(64)
    4896
    """
    return side**2 + EACH_IMAGE


def rates(store: Store) -> Rates:
    """Return the median rates of the learners that the store has, of each network and kind of device.

    Learners that took less than ``SHORT`` seconds mostly started: they count only for networks of which nothing else is known.
    What cannot be read does not count, and nothing is verified: an estimate need not be.

    Raises:
        StoreError: if the store cannot be reached.
    """
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    short: dict[tuple[str, str], list[float]] = defaultdict(list)
    for task, result in _learners(store):
        with suppress(KeyError, TypeError, ZeroDivisionError):
            device, rate = _rate(task, result)
            (found if result["provenance"]["seconds"] >= SHORT else short)[device, task.arch].append(rate)
    for (device, arch), values in short.items():
        if (device, arch) not in found and not (device == CPU and arch in CORE_SECONDS):
            found[device, arch] = values
    cpu = {arch: median(values) for (device, arch), values in found.items() if device == CPU}
    gpu = {arch: median(values) for (device, arch), values in found.items() if device == GPU}
    counts: Counter[str] = Counter()
    for (_, arch), values in found.items():
        counts[arch] += len(values)
    return Rates(cpu={**CORE_SECONDS, **cpu}, gpu=gpu, measured=counts)


def total(seconds: Sequence[float | None]) -> float | None:
    """The sum, or None if one of them is unknown."""
    known = [value for value in seconds if value is not None]
    return sum(known) if len(known) == len(seconds) else None


def _rate(task: LearnerTask, result: Any) -> tuple[str, float]:
    provenance = result["provenance"]
    spent = work(task.train, provenance["train_images"], result["metrics"]["n"])
    if provenance["device"] == CPU:
        return CPU, provenance["seconds"] * provenance["threads"] / spent
    return GPU, provenance["seconds"] / spent


def _learners(store: Store) -> list[tuple[LearnerTask, Any]]:
    """Every committed learner's task and result."""
    results = [found.key for found in store.list(layout.home("learner")) if found.key.endswith("/result.json")]
    ids = [key.split("/")[1] for key in results]
    objects = get_many(store, [*results, *(layout.task("learner", id) for id in ids)])
    pairs = []
    for key, id in zip(results, ids, strict=True):
        with suppress(KeyError, ValueError, TaskError):
            task = parse_task(objects[layout.task("learner", id)])
            if isinstance(task, LearnerTask):
                pairs.append((task, json.loads(objects[key])))
    return pairs
