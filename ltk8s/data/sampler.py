"""Samplers: which images each epoch shows where not every image is shown once. Pure functions of seed and epoch.

A class's share of an epoch is ∝ n_c^power: power 0 is class-aware sampling (Shen et al. 2016), ½ square-root sampling (Mahajan
et al. 2018), 1 all images once. An epoch has as many images as there are, whatever the sampler.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ltk8s.data.split import Indices, generator, shuffled

POWERS = {"class-aware": 0.0, "square-root": 0.5}
"""The power of a class's count by the name of the sampling rule."""


def shown(counts: Sequence[int], power: float) -> tuple[float, ...]:
    """How often an epoch shows each class on average: N·n_c^power / Σn^power, 0 for a class without an image.

    >>> shown([90, 10], 0), shown([90, 10], 0.5)
    ((50.0, 50.0), (75.0, 25.0))
    """
    n = np.asarray(counts, dtype=np.float64)
    share = np.where(n > 0, np.maximum(n, 1) ** power, 0.0)
    return tuple((n.sum() * (share / share.sum())).tolist())


class ClassSampler:
    """Draws epochs from labelled images, int64 N labels.

    In each epoch a class is shown ⌊·⌋ or ⌈·⌉ of its average. Over epochs each class goes through all its images, in a new order
    each time, before one comes again: with few epochs a large class is seen as widely as can be.
    """

    def __init__(self, labels: NDArray[np.int64], power: float, seed: int) -> None:
        self.power = power
        self.seed = seed
        self.members = [np.flatnonzero(labels == c) for c in range(int(labels.max()) + 1)]
        self.bounds = np.concatenate([[0.0], np.cumsum(shown([len(m) for m in self.members], power))])
        self.bounds[-1] = len(labels)  # whatever the rounding of the sum

    def epoch(self, number: int) -> Indices:
        """The positions that epoch ``number`` shows, N of them in the order in which they come."""
        before = sum((self.sizes(earlier) for earlier in range(number)), np.zeros(len(self.members), dtype=np.int64))
        parts = [self._stream(c, start, size) for c, (start, size) in enumerate(zip(before, self.sizes(number), strict=True))]
        return shuffled(np.concatenate(parts), "epoch", self.seed, number)

    def sizes(self, number: int) -> NDArray[np.int64]:
        """How often epoch ``number`` shows each class: systematic sampling, points one apart from a random start, so that the
        mean over epochs is exact.
        """
        start = generator("sampler", self.seed, number).random()
        return np.diff(np.ceil(self.bounds - start)).astype(np.int64)

    def _stream(self, c: int, start: int, size: int) -> Indices:
        """``size`` images of class ``c`` from the ``start``-th that is drawn of it: one shuffled copy after another."""
        n = len(self.members[c])
        if size == 0:
            return np.empty(0, dtype=np.int64)
        first, last = start // n, (start + size - 1) // n
        copies = [shuffled(self.members[c], "sampler", self.seed, c, copy) for copy in range(first, last + 1)]
        return np.concatenate(copies)[start - first * n : start - first * n + size]
