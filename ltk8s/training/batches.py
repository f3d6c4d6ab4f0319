"""The batches of a learner's remaining steps. Order and randomness are pure functions of seed, epoch and step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ltk8s.data.split import Indices, generator, shuffled
from ltk8s.training.augment import RANDOM_NUMBERS
from ltk8s.training.pixels import Pixels
from ltk8s.training.schedule import Schedule


class Batch(NamedTuple):
    """B training images: uint8 B×H×W×3, int64 B, and float32 B×5 in 0..1 that decide their augmentation."""

    step: int
    images: Tensor
    labels: Tensor
    random: Tensor


class Batches:
    """The batches from step ``start`` to the end, as one iterable: Lightning sees one epoch, whatever ours are.

    Args:
        order: the images of an epoch, by its number, in the order in which they come; by default each once.
    """

    def __init__(
        self,
        pixels: Pixels,
        labels: NDArray[np.int64],
        schedule: Schedule,
        *,
        seed: int,
        start: int = 0,
        order: Callable[[int], Indices] | None = None,
    ) -> None:
        self.pixels = pixels
        self.labels = torch.from_numpy(labels)
        self.schedule = schedule
        self.seed = seed
        self.start = start
        self.order = order or partial(epoch_order, schedule.images, seed)

    def last(self, steps: int) -> Batches:
        """The batches of the last ``steps`` steps."""
        return Batches(
            self.pixels, self.labels.numpy(), self.schedule, seed=self.seed, start=self.schedule.steps - steps, order=self.order
        )

    def __len__(self) -> int:
        return self.schedule.steps - self.start

    def __iter__(self) -> Iterator[Batch]:
        size, per_epoch = self.schedule.batch_size, self.schedule.steps_per_epoch
        order, ordered = np.empty(0, np.int64), -1
        for step in range(self.start, self.schedule.steps):
            epoch, index = divmod(step, per_epoch)
            if epoch != ordered:
                order, ordered = self.order(epoch), epoch
            chosen = torch.from_numpy(order[index * size : (index + 1) * size])
            yield Batch(step, self.pixels[chosen], self.labels[chosen], randomness(len(chosen), self.seed, step))


def epoch_order(images: int, seed: int, epoch: int) -> Indices:
    """The order of an epoch's images, a permutation of 0 … images − 1."""
    return shuffled(np.arange(images, dtype=np.int64), "epoch", seed, epoch)


def randomness(images: int, seed: int, step: int) -> Tensor:
    """What augmentation draws at a step, float32 ``images`` × 5 in [0, 1)."""
    return torch.from_numpy(generator("augment", seed, step).random((images, RANDOM_NUMBERS), dtype=np.float32))


def step_seed(seed: int, step: int) -> int:
    """The seed of torch's own generators at a step (dropout, stochastic depth)."""
    return int(generator("torch", seed, step).integers(2**62))
