"""Mixup and CutMix by timm, with numbers that are a pure function of seed and step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from timm.data.mixup import Mixup as TimmMixup
from torch import Tensor

from ltk8s.data.split import generator
from ltk8s.spec.train import Mixup


class Mixer:
    """Mixes prepared batches, B×3×S×S with labels int64 B, B even: image i with image B−1−i."""

    def __init__(self, mixup: Mixup, classes: int, seed: int) -> None:
        self.seed = seed
        self._mix: Any = TimmMixup(  # type: ignore[no-untyped-call]
            mixup_alpha=mixup.alpha,
            cutmix_alpha=mixup.cutmix_alpha,
            prob=mixup.prob,
            switch_prob=mixup.switch_prob,
            label_smoothing=0.0,
            num_classes=classes,
        )

    def __call__(self, images: Tensor, labels: Tensor, step: int) -> tuple[Tensor, Tensor]:
        """Mix a batch in place; return it with the shares of each class, float32 B×C."""
        with numpy_seeded(int(generator("mixup", self.seed, step).integers(2**32))):
            mixed, shares = self._mix(images, labels)
        return mixed, shares


@contextmanager
def numpy_seeded(seed: int) -> Iterator[None]:
    """Inside, numpy's global generator, which timm draws from, starts from ``seed``; afterwards it is as it was."""
    state = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(state)
