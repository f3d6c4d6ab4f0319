"""What happens at which step: a pure function of the step, so that a resumed learner needs nothing but its number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from ltk8s.spec.train import Train

CURVE_ROWS = 100
STABLE = 0.8
"""The share of the duration up to which warmup-stable-decay stays at the peak."""


@dataclass(frozen=True)
class Schedule:
    """A learner's duration and what changes over it.

    An epoch is ``steps_per_epoch`` steps; its last partial batch is dropped unless it is the only one.
    """

    images: int
    batch_size: int
    steps: int
    warmup: float
    sizes: tuple[int, ...]
    shape: Literal["cosine", "warmup-stable-decay"] = "cosine"

    @classmethod
    def of(cls, train: Train, images: int) -> Schedule:
        """The schedule of a recipe on ``images`` training images."""
        return cls(images, train.batch_on(images), train.steps_on(images), train.warmup, train.sizes, train.schedule)

    @property
    def steps_per_epoch(self) -> int:
        return max(1, self.images // self.batch_size)

    @property
    def epochs(self) -> float:
        return self.steps / self.steps_per_epoch

    def ends_epoch(self, done: int) -> bool:
        """Whether an epoch, or all, is over after ``done`` steps."""
        return done % self.steps_per_epoch == 0 or done == self.steps

    def ends_row(self, done: int) -> bool:
        """Whether the training curve gets a point after ``done`` steps: about a hundred times, and at each epoch's end."""
        return done % max(1, self.steps // CURVE_ROWS) == 0 or self.ends_epoch(done)

    def lr_factor(self, step: int) -> float:
        """The learning rate at ``step`` over its peak: linear warm-up, then a cosine to 0, or a line to 0 over the last fifth.

        The second leaves the whole rate where deferred re-weighting begins; a cosine leaves an eighth of it.
        """
        warm = round(self.warmup * self.steps)
        if step < warm:
            return (step + 1) / warm
        if self.shape == "warmup-stable-decay":
            return min(1.0, (self.steps - step) / ((1 - STABLE) * self.steps))
        return 0.5 * (1 + math.cos(math.pi * (step - warm) / (self.steps - warm)))

    def size(self, step: int) -> int:
        """The side of the training images at ``step``: each size has an equal part of the duration."""
        return self.sizes[step * len(self.sizes) // self.steps]

    def work(self, start: int, end: int) -> int:
        """The pixels of one image in each step from ``start`` to ``end``, summed: the time they take is proportional to it."""
        return sum(self.size(step) ** 2 for step in range(start, end))
