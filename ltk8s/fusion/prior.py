"""Prior correction before fusion: each member's outputs carry the prior that it saw in training; the target has another.

By Bayes' rule p(y|x) ∝ p(x|y)·π(y), so subtracting log π_seen from the logits and adding log π_target changes the prior and
nothing else (Saerens et al. 2002; Menon et al. 2021 with a uniform target). Post-hoc logit adjustment subtracts τ·log π of what
a member was shown, whatever its loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ltk8s.data.manifest import Manifest
from ltk8s.data.prior import correction, target_log_prior
from ltk8s.data.split import tail_counts
from ltk8s.planning.task import FusionTask, LearnerTask


class Shown(Protocol):
    """A learner as far as its prior goes; no torch."""

    @property
    def task(self) -> LearnerTask: ...

    @property
    def class_counts(self) -> tuple[float, ...]:
        """How often an epoch of its training showed each class."""


def corrections(task: FusionTask, members: Sequence[Shown], manifest: Manifest) -> NDArray[np.float64]:
    """Return what is added to each member's logits, float64 M×C; zeros where the fusion corrects nothing."""
    counts = tail_counts(manifest.train_counts, task.split.ratio)
    target = target_log_prior(task.target_prior, manifest.classes, counts) if task.prior_correction else None
    return np.stack(
        [
            correction(member.class_counts, member.task.train.loss, target=target, tau=task.logit_adjustment)
            for member in members
        ]
    )
